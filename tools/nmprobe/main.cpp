#include "app/tool.hpp"
#include "options.hpp"

int main(int argc, char** argv) {
    return nm::run_tool(argc, argv, "nmprobe", "active probing: ICMP echo, paths, DNS and HTTP timing",
                        nmprobe::define);
}
