#include "app/tool.hpp"
#include "options.hpp"

int main(int argc, char** argv) {
    return nm::run_tool(argc, argv, "nmsched", "where measurement apps run, and when their tests start",
                        nmsched::define);
}
