// A whole JSON document as a tree: for plans, catalogs and the answers of other programs, where nesting
// matters and the rate does not. For record streams use RecordParser. The one home of nlohmann.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace nm {

class Document {
  public:
    enum class Kind : std::uint8_t { null, boolean, integer, real, string, list, object };

    // Strict JSON; a repeated key is an error. The message has the byte offset.
    static Result<Document> parse(std::string_view text);

    Document() = default;
    static Document of(std::string text);
    static Document of(std::int64_t value);
    static Document object() { return Document(Kind::object); }
    static Document list() { return Document(Kind::list); }

    Kind kind() const { return kind_; }
    bool is_object() const { return kind_ == Kind::object; }
    bool is_list() const { return kind_ == Kind::list; }

    // The member of an object, or nullptr.
    const Document* find(std::string_view key) const;
    const std::vector<std::pair<std::string, Document>>& members() const { return members_; }
    const std::vector<Document>& items() const { return items_; }

    std::optional<std::string> text() const;  // of a string
    std::optional<std::int64_t> integer() const;
    std::optional<double> number() const;  // of an integer or a real
    std::optional<bool> boolean() const;

    void set(std::string key, Document value);
    void push(Document value) { items_.push_back(std::move(value)); }

    // One line, keys in their order.
    std::string dump() const;

  private:
    friend class DocumentBuilder;
    explicit Document(Kind kind) : kind_(kind) {}

    Kind kind_ = Kind::null;
    bool boolean_ = false;
    std::int64_t integer_ = 0;
    double real_ = 0;
    std::string text_;
    std::vector<Document> items_;
    std::vector<std::pair<std::string, Document>> members_;
};

}  // namespace nm
