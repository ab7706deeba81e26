#include "filter/expression.hpp"

#include <utility>

namespace nmflowtool {

FilterExpression::Index FilterExpression::add(Node node) {
    nodes_.push_back(std::move(node));
    return static_cast<Index>(nodes_.size() - 1);
}

FilterExpression::Index FilterExpression::always() {
    return add({Kind::always, {}, {}});
}

FilterExpression::Index FilterExpression::test(const FilterTest& test) {
    return add({Kind::test, test, {}});
}

FilterExpression::Index FilterExpression::inverted(Index part) {
    return add({Kind::inverted, {}, {part}});
}

FilterExpression::Index FilterExpression::join(Kind kind, std::vector<Index> parts) {
    return parts.size() == 1 ? parts.front() : add({kind, {}, std::move(parts)});
}

FilterExpression::Index FilterExpression::all_of(std::vector<Index> parts) {
    return join(Kind::all, std::move(parts));
}

FilterExpression::Index FilterExpression::any_of(std::vector<Index> parts) {
    return join(Kind::any, std::move(parts));
}

std::uint32_t FilterExpression::emit(Index root, FilterProgram& program) const {
    return emit(nodes_[root], false, FilterProgram::pass, FilterProgram::reject, program);
}

// Steps are appended from the last to the first, so that each knows where it leads. An inversion swaps the
// two ways. Only letters of flags know of it: to nfdump "flags SA" asks for both of them, and "not flags SA"
// for neither.
std::uint32_t FilterExpression::emit(const Node& node, bool is_inverted, std::uint32_t if_true,
                                     std::uint32_t if_false, FilterProgram& program) const {
    switch (node.kind) {
        case Kind::always:
            return if_true;
        case Kind::test: {
            FilterTest test = node.test;
            if (test.op == FilterOp::all_bits && is_inverted) test.op = FilterOp::any_bit;
            return program.add(test, if_true, if_false);
        }
        case Kind::inverted:
            return emit(nodes_[node.parts.front()], !is_inverted, if_false, if_true, program);
        case Kind::all:
            for (auto part = node.parts.rbegin(); part != node.parts.rend(); ++part) {
                if_true = emit(nodes_[*part], is_inverted, if_true, if_false, program);
            }
            return if_true;
        case Kind::any:
            for (auto part = node.parts.rbegin(); part != node.parts.rend(); ++part) {
                if_false = emit(nodes_[*part], is_inverted, if_true, if_false, program);
            }
            return if_false;
    }
    return if_false;
}

}  // namespace nmflowtool
