#include "app/tool.hpp"
#include "options.hpp"

int main(int argc, char** argv) {
    return nm::run_tool(argc, argv, "nmbgp", "BGP routes: read tables, look up addresses, annotate flows",
                        nmbgp::define);
}
