#include "json/document.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/text_buffer.hpp"
#include "json/escape.hpp"

namespace nm {

// Receives nlohmann's events and grows the tree; stack_ holds the lists and objects that are still open.
class DocumentBuilder {
  public:
    using json = nlohmann::json;

    bool null() { return add(Document()); }
    bool boolean(bool value) {
        Document leaf(Document::Kind::boolean);
        leaf.boolean_ = value;
        return add(std::move(leaf));
    }
    bool number_integer(json::number_integer_t value) { return add(Document::of(value)); }
    bool number_unsigned(json::number_unsigned_t value) {
        if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return add(Document::of(static_cast<std::int64_t>(value)));
        return number_float(static_cast<double>(value), {});
    }
    bool number_float(json::number_float_t value, const json::string_t&) {
        Document leaf(Document::Kind::real);
        leaf.real_ = value;
        return add(std::move(leaf));
    }
    bool string(json::string_t& value) { return add(Document::of(std::move(value))); }
    bool binary(json::binary_t&) { return false; }
    bool start_object(std::size_t) { return open(Document::object()); }
    bool start_array(std::size_t) { return open(Document::list()); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool key(json::string_t& value) {
        if (stack_.back().find(value) != nullptr) {
            error_ = "key '" + value + "' twice";
            return false;
        }
        keys_.back() = std::move(value);
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const json::exception&) {
        error_ = "not JSON at byte " + std::to_string(position);
        return false;
    }

    Document take() { return std::move(root_); }
    const std::string& error() const { return error_; }

  private:
    bool open(Document container) {
        stack_.push_back(std::move(container));
        keys_.emplace_back();
        return true;
    }
    bool close() {
        Document done = std::move(stack_.back());
        stack_.pop_back();
        keys_.pop_back();
        return add(std::move(done));
    }
    bool add(Document value) {
        if (stack_.empty())
            root_ = std::move(value);
        else if (stack_.back().is_list())
            stack_.back().push(std::move(value));
        else
            stack_.back().members_.emplace_back(std::move(keys_.back()), std::move(value));
        return true;
    }

    Document root_;
    std::vector<Document> stack_;
    std::vector<std::string> keys_;
    std::string error_ = "not JSON";
};

namespace {

void append(TextBuffer& out, const Document& document) {
    using Kind = Document::Kind;
    switch (document.kind()) {
        case Kind::null:
            out.append(std::string_view("null"));
            return;
        case Kind::boolean:
            out.append(*document.boolean() ? std::string_view("true") : "false");
            return;
        case Kind::integer:
            out.append_integer(*document.integer());
            return;
        case Kind::real:
            out.append_decimal(*document.number(), 6);
            return;
        case Kind::string:
            append_json_string(out, *document.text());
            return;
        default:
            break;
    }
    bool first = true;
    const auto comma = [&] {
        if (!std::exchange(first, false)) out.append(',');
    };
    out.append(document.is_list() ? '[' : '{');
    for (const Document& item : document.items()) {
        comma();
        append(out, item);
    }
    for (const auto& [key, value] : document.members()) {
        comma();
        append_json_string(out, key);
        out.append(':');
        append(out, value);
    }
    out.append(document.is_list() ? ']' : '}');
}

}  // namespace

Result<Document> Document::parse(std::string_view text) {
    DocumentBuilder builder;
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
        return Error{Exit::bad_data, builder.error()};
    return builder.take();
}

Document Document::of(std::string text) {
    Document leaf(Kind::string);
    leaf.text_ = std::move(text);
    return leaf;
}

Document Document::of(std::int64_t value) {
    Document leaf(Kind::integer);
    leaf.integer_ = value;
    return leaf;
}

const Document* Document::find(std::string_view key) const {
    const auto at =
        std::find_if(members_.begin(), members_.end(), [&](const auto& m) { return m.first == key; });
    return at == members_.end() ? nullptr : &at->second;
}

std::optional<std::string> Document::text() const {
    return kind_ == Kind::string ? std::optional(text_) : std::nullopt;
}

std::optional<std::int64_t> Document::integer() const {
    return kind_ == Kind::integer ? std::optional(integer_) : std::nullopt;
}

std::optional<double> Document::number() const {
    if (kind_ == Kind::integer) return static_cast<double>(integer_);
    return kind_ == Kind::real ? std::optional(real_) : std::nullopt;
}

std::optional<bool> Document::boolean() const {
    return kind_ == Kind::boolean ? std::optional(boolean_) : std::nullopt;
}

void Document::set(std::string key, Document value) {
    const auto at =
        std::find_if(members_.begin(), members_.end(), [&](const auto& m) { return m.first == key; });
    if (at != members_.end())
        at->second = std::move(value);
    else
        members_.emplace_back(std::move(key), std::move(value));
}

std::string Document::dump() const {
    TextBuffer out;
    append(out, *this);
    return std::string(out.view());
}

}  // namespace nm
