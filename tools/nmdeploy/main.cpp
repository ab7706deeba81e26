#include "app/tool.hpp"
#include "options.hpp"

int main(int argc, char** argv) {
    return nm::run_tool(argc, argv, "nmdeploy", "measurement apps onto the machines, as a plan says",
                        nmdeploy::define);
}
