#include "http/curl_library.hpp"

#include <dlfcn.h>

#include <string>

#include "base/result.hpp"
#include "http/http.hpp"

namespace nmprobe {
namespace {

template <class Function>
void find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    if (function == nullptr)
        throw nm::UserError(nm::Exit::unavailable, std::string(curl_library_name) + ": it has no " + name);
}

CurlLibrary load() {
    void* library = ::dlopen(curl_library_name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        throw nm::UserError(nm::Exit::unavailable, std::string(::dlerror()) + ": install libcurl4");
    CurlLibrary found{};
    find(library, "curl_global_init", found.global_init);
    find(library, "curl_global_cleanup", found.global_cleanup);
    find(library, "curl_free", found.free);
    find(library, "curl_slist_append", found.slist_append);
    find(library, "curl_slist_free_all", found.slist_free_all);
    find(library, "curl_url", found.url);
    find(library, "curl_url_cleanup", found.url_cleanup);
    find(library, "curl_url_get", found.url_get);
    find(library, "curl_url_set", found.url_set);
    find(library, "curl_url_strerror", found.url_strerror);
    find(library, "curl_easy_init", found.easy_init);
    find(library, "curl_easy_cleanup", found.easy_cleanup);
    find(library, "curl_easy_setopt", found.easy_setopt);
    find(library, "curl_easy_getinfo", found.easy_getinfo);
    find(library, "curl_easy_strerror", found.easy_strerror);
    find(library, "curl_multi_init", found.multi_init);
    find(library, "curl_multi_cleanup", found.multi_cleanup);
    find(library, "curl_multi_setopt", found.multi_setopt);
    find(library, "curl_multi_add_handle", found.multi_add_handle);
    find(library, "curl_multi_remove_handle", found.multi_remove_handle);
    find(library, "curl_multi_socket_action", found.multi_socket_action);
    find(library, "curl_multi_info_read", found.multi_info_read);
    // Of the OpenSSL that libcurl brings along.
    find(library, "SSL_get_version", found.ssl_get_version);
    find(library, "SSL_get_current_cipher", found.ssl_get_current_cipher);
    find(library, "SSL_CIPHER_get_name", found.ssl_cipher_get_name);
    find(library, "SSL_get0_peer_certificate", found.ssl_get0_peer_certificate);
    find(library, "X509_get0_notAfter", found.x509_get0_not_after);
    find(library, "ASN1_TIME_to_tm", found.asn1_time_to_tm);
    return found;
}

}  // namespace

const CurlLibrary& curl() {
    static const CurlLibrary library = load();
    return library;
}

}  // namespace nmprobe
