#include "app/tool.hpp"
#include "options.hpp"

int main(int argc, char** argv) {
    return nm::run_tool(argc, argv, "nmflowtool",
                        "flows: NetFlow and sFlow to records, and what is largest in them",
                        nmflowtool::define);
}
