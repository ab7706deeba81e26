// Fields of different types one after the other: what std::tuple is, flat, because a record of 200 fields as
// a std::tuple costs a compiler ten seconds and a gigabyte in each source that includes it.
#pragma once

#include <cstddef>
#include <utility>

namespace nm {

namespace detail {

template <std::size_t I, class F>
struct FieldAt {
    F field;
};

template <class Indices, class... F>
struct FieldStore;
template <std::size_t... I, class... F>
struct FieldStore<std::index_sequence<I...>, F...> : FieldAt<I, F>... {};

}  // namespace detail

template <class... F>
struct FieldList : detail::FieldStore<std::index_sequence_for<F...>, F...> {
    constexpr explicit FieldList(const F&... fields)
        : detail::FieldStore<std::index_sequence_for<F...>, F...>{{fields}...} {}
    static constexpr std::size_t size() { return sizeof...(F); }
};

template <std::size_t I, class F>
constexpr const F& get(const detail::FieldAt<I, F>& at) {
    return at.field;
}

namespace detail {

template <class... A, class... B, std::size_t... I, std::size_t... J>
constexpr FieldList<A..., B...> join(const FieldList<A...>& a, const FieldList<B...>& b,
                                     std::index_sequence<I...>, std::index_sequence<J...>) {
    return FieldList<A..., B...>(get<I>(a)..., get<J>(b)...);
}

template <class Part>
constexpr FieldList<Part> as_list(const Part& part) {
    return FieldList<Part>(part);
}
template <class... F>
constexpr const FieldList<F...>& as_list(const FieldList<F...>& list) {
    return list;
}

}  // namespace detail

// parts: fields and lists of fields, in order.
template <class Part>
constexpr auto join_fields(const Part& part) {
    return detail::as_list(part);
}
template <class First, class Second, class... Rest>
constexpr auto join_fields(const First& first, const Second& second, const Rest&... rest) {
    const auto& a = detail::as_list(first);
    const auto& b = detail::as_list(second);
    return join_fields(detail::join(a, b, std::make_index_sequence<std::decay_t<decltype(a)>::size()>{},
                                    std::make_index_sequence<std::decay_t<decltype(b)>::size()>{}),
                       rest...);
}

}  // namespace nm
