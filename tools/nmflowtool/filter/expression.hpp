// A filter expression as a tree, and its translation into the steps of a program.
#pragma once

#include <initializer_list>

#include "filter/program.hpp"

namespace nmflowtool {

class FilterExpression {
  public:
    using Index = std::uint32_t;

    Index always();
    Index test(const FilterTest& test);
    Index inverted(Index part);
    // One part stands for itself.
    Index all_of(std::vector<Index> parts);
    Index any_of(std::vector<Index> parts);

    // Appends the steps that decide the expression; returns where they begin.
    std::uint32_t emit(Index root, FilterProgram& program) const;

  private:
    enum class Kind : std::uint8_t { always, test, inverted, all, any };
    struct Node {
        Kind kind;
        FilterTest test;
        std::vector<Index> parts;
    };

    Index add(Node node);
    Index join(Kind kind, std::vector<Index> parts);
    std::uint32_t emit(const Node& node, bool is_inverted, std::uint32_t if_true, std::uint32_t if_false,
                       FilterProgram& program) const;

    std::vector<Node> nodes_;
};

}  // namespace nmflowtool
