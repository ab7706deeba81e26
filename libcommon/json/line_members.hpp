// Where chosen members of a JSON object lie in its line, so that a filter can add to a record and keep every
// other byte of it, or look at a few members of many lines. simdjson underneath, behind a faster way for
// plain lines. For whole records use json/record_parser.hpp. Proof: tests/unit/json_line_members_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nm {

class LineMembers {
  public:
    static constexpr std::size_t most_keys = 64;

    // The keys to look for, each once, which must outlive this; at most most_keys of less than 64 bytes.
    explicit LineMembers(std::vector<std::string_view> keys);
    ~LineMembers();

    // False for what is not one JSON object: error() says why.
    bool read(std::string_view line);
    const std::string& error() const { return error_; }

    // The value of the key with this index as it stands in the line ("10.0.0.1" with its quotes, 64, null,
    // [1,2]), empty when the line has no such key; of a key that stands twice the last. Points into the line.
    std::string_view value(std::size_t key) const { return values_[key]; }
    bool has(std::size_t key) const { return !values_[key].empty(); }
    // The text between the quotes of a string without escapes; empty for any other value.
    std::string_view text(std::size_t key) const;
    // Where the closing brace of the object stands in the line.
    std::size_t closing_brace() const { return closing_brace_; }

  private:
    struct Simd;
    static constexpr std::size_t longest_key = 64;

    bool fail(const char* why);
    bool read_plain(std::string_view line);
    bool read_any(std::string_view line);
    void remember(std::string_view key, std::string_view value);

    std::vector<std::string_view> keys_;
    std::array<std::uint64_t, longest_key> keys_by_length_{};  // a bit per key
    std::vector<std::string_view> values_;
    std::unique_ptr<Simd> simd_;
    std::string error_;
    std::size_t closing_brace_ = 0;
};

}  // namespace nm
