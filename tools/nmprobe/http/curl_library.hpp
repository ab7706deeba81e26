// libcurl and the OpenSSL below it, loaded when the first request is made: some forty shared libraries and 7
// MB that the other verbs have no use for.
#pragma once

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace nmprobe {

struct CurlLibrary {
    decltype(&::curl_global_init) global_init;
    decltype(&::curl_global_cleanup) global_cleanup;
    decltype(&::curl_free) free;
    decltype(&::curl_slist_append) slist_append;
    decltype(&::curl_slist_free_all) slist_free_all;
    decltype(&::curl_url) url;
    decltype(&::curl_url_cleanup) url_cleanup;
    decltype(&::curl_url_get) url_get;
    decltype(&::curl_url_set) url_set;
    decltype(&::curl_url_strerror) url_strerror;
    decltype(&::curl_easy_init) easy_init;
    decltype(&::curl_easy_cleanup) easy_cleanup;
    decltype(&::curl_easy_setopt) easy_setopt;
    decltype(&::curl_easy_getinfo) easy_getinfo;
    decltype(&::curl_easy_strerror) easy_strerror;
    decltype(&::curl_multi_init) multi_init;
    decltype(&::curl_multi_cleanup) multi_cleanup;
    decltype(&::curl_multi_setopt) multi_setopt;
    decltype(&::curl_multi_add_handle) multi_add_handle;
    decltype(&::curl_multi_remove_handle) multi_remove_handle;
    decltype(&::curl_multi_socket_action) multi_socket_action;
    decltype(&::curl_multi_info_read) multi_info_read;
    decltype(&::SSL_get_version) ssl_get_version;
    decltype(&::SSL_get_current_cipher) ssl_get_current_cipher;
    decltype(&::SSL_CIPHER_get_name) ssl_cipher_get_name;
    decltype(&::SSL_get0_peer_certificate) ssl_get0_peer_certificate;
    decltype(&::X509_get0_notAfter) x509_get0_not_after;
    decltype(&::ASN1_TIME_to_tm) asn1_time_to_tm;
};

// Throws UserError(unavailable) where it is not installed.
const CurlLibrary& curl();

}  // namespace nmprobe
