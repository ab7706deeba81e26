// The root file system of a container: one of our tools, the shared libraries it is linked with, what its
// verb says it needs beside them, and a user. Made from what this machine has, so that no registry is needed,
// and named by its content.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace nmdeploy {

struct Image {
    std::string tag;  // localhost/nmtools/TOOL:SHA256 of tar
    std::string tar;
};

inline constexpr const char* image_prefix = "localhost/nmtools/";

// The directory of our own binary, where the other tools are too.
nm::Result<std::string> tools_directory();
// What a tool says of its verbs: TOOL --generate verbs.
nm::Result<std::string> verb_tree_of(const std::string& directory, const std::string& tool);
// What the verbs among the words of a command need at run time, out of that.
nm::Result<std::vector<std::string>> needs_of(const std::string& tree,
                                              const std::vector<std::string>& command);
// tool is a plain name, such as nmprobe.
nm::Result<Image> make_image(const std::string& directory, const std::string& tool,
                             const std::vector<std::string>& needs);
// Absolute paths in the output of ldd. An error names the library that is not found.
nm::Result<std::vector<std::string>> libraries_of(const std::string& ldd_output);

}  // namespace nmdeploy
