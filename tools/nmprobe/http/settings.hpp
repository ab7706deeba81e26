// What all requests of a run have in common, checked once: headers, data, and what is expected of an answer.
#pragma once

#include <regex.h>

#include <string>
#include <vector>

#include "http/curl_library.hpp"
#include "http/http.hpp"

namespace nmprobe {

class HttpSettings {
  public:
    // Throws UserError for what cannot be: a header without a colon, a wrong expression.
    explicit HttpSettings(const HttpOptions& options);
    ~HttpSettings();
    HttpSettings(const HttpSettings&) = delete;
    HttpSettings& operator=(const HttpSettings&) = delete;

    const HttpOptions& options() const { return options_; }
    const std::string& data() const { return data_; }
    // All headers, or those that may go to another server than the target's own: no credentials.
    curl_slist* headers(bool own_server) const { return own_server ? headers_ : public_headers_; }
    bool expects_status(std::uint64_t status) const;
    bool expects_body() const { return has_body_pattern_; }
    bool body_matches(const std::string& body) const;

  private:
    void add_header(const std::string& line);

    const HttpOptions& options_;
    std::string data_;
    curl_slist* headers_ = nullptr;
    curl_slist* public_headers_ = nullptr;
    std::vector<std::string> statuses_;  // "200", "2xx"
    bool has_body_pattern_ = false;
    regex_t body_pattern_{};
};

}  // namespace nmprobe
