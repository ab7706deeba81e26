#include "http/url.hpp"

#include <memory>

#include "base/text.hpp"
#include "http/curl_library.hpp"

namespace nmprobe {
namespace {

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl().url_get(url, which, &text, flags) != CURLUE_OK) return {};
    std::string copy = text;
    curl().free(text);
    return copy;
}

}  // namespace

std::optional<UrlParts> parse_url(const std::string& text, std::string& reason) {
    const std::unique_ptr<CURLU, decltype(curl().url_cleanup)> url(curl().url(), curl().url_cleanup);
    const bool has_scheme = text.find("://") != std::string::npos;
    const std::string whole = has_scheme ? text : "http://" + text;
    if (const CURLUcode failed = curl().url_set(url.get(), CURLUPART_URL, whole.c_str(), 0);
        failed != CURLUE_OK) {
        reason = curl().url_strerror(failed);
        return std::nullopt;
    }
    UrlParts parts;
    parts.scheme = part(url.get(), CURLUPART_SCHEME);
    if (parts.scheme != "http" && parts.scheme != "https") {
        reason = "the scheme " + nm::in_quotes(parts.scheme) + " is neither http nor https";
        return std::nullopt;
    }
    parts.url = part(url.get(), CURLUPART_URL);
    parts.host = part(url.get(), CURLUPART_HOST);
    if (parts.host.size() > 2 && parts.host.front() == '[')
        parts.host = parts.host.substr(1, parts.host.size() - 2);
    if (const std::string zone = part(url.get(), CURLUPART_ZONEID); !zone.empty()) parts.host += "%" + zone;
    const auto port = nm::parse_number<std::uint16_t>(part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
    parts.port = port.value_or(0);
    if (parts.host.empty() || parts.port == 0) {
        reason = "no host or no port";
        return std::nullopt;
    }
    return parts;
}

}  // namespace nmprobe
