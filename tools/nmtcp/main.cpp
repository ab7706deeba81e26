#include "app/tool.hpp"
#include "options.hpp"

int main(int argc, char** argv) {
    return nm::run_tool(argc, argv, "nmtcp", "TCP handshake measurement", nmtcp::define);
}
