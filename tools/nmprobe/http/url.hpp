// What of a URL is needed to reach its server. libcurl reads it, as it will when the request is made.
#pragma once

#include <optional>
#include <string>

namespace nmprobe {

struct UrlParts {
    std::string url;     // whole, with its scheme
    std::string scheme;  // http or https
    std::string host;    // a name, or an address without brackets and with its zone
    std::uint16_t port = 0;

    bool same_server(const UrlParts& other) const {
        return scheme == other.scheme && host == other.host && port == other.port;
    }
};

// http:// where no scheme is given; nullopt for what is no URL of HTTP, with the reason.
std::optional<UrlParts> parse_url(const std::string& text, std::string& reason);

}  // namespace nmprobe
