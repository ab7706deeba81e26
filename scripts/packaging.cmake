# cmake --install, and the Debian package (cpack -G DEB): programs, manual pages, completions, systemd units.
# Proof: tests/lab/package.bats installs the package on a bare Debian 12 root.
include(GNUInstallDirs)

set(share ${CMAKE_INSTALL_DATADIR})
foreach(tool IN ITEMS nmprobe nmtcp nmflowtool nmsched nmdeploy nmbgp)
  if(NOT TARGET ${tool})
    continue()
  endif()
  install(TARGETS ${tool} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  set(completions ${PROJECT_SOURCE_DIR}/completions)
  # Committed files: scripts/generate makes them, so a tree may lack those of a tool that is just being written.
  install(FILES ${completions}/${tool}.bash DESTINATION ${share}/bash-completion/completions RENAME ${tool} OPTIONAL)
  install(FILES ${completions}/_${tool} DESTINATION ${share}/zsh/vendor-completions OPTIONAL)
  install(FILES ${completions}/${tool}.fish DESTINATION ${share}/fish/vendor_completions.d OPTIONAL)
endforeach()

file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/man/*.[1-9])
foreach(page IN LISTS pages)
  get_filename_component(name ${page} NAME)
  string(REGEX REPLACE ".*\\." "" section ${name})
  set(packed ${CMAKE_BINARY_DIR}/man/${name}.gz)
  add_custom_command(
    OUTPUT ${packed}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
    COMMAND gzip -9nc ${page} > ${packed}
    DEPENDS ${page}
    VERBATIM)
  list(APPEND packed_pages ${packed})
  install(FILES ${packed} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
add_custom_target(manual ALL DEPENDS ${packed_pages})

file(GLOB units CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scripts/systemd/*)
install(FILES ${units} DESTINATION lib/systemd/system)
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME nmtools)
set(CPACK_PACKAGE_VENDOR nmtools)
set(CPACK_PACKAGE_CONTACT "nmtools maintainers <nmtools@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# setcap in postinst; libcurl is loaded by nmprobe http when it is used; the engine of nmdeploy is for those who
# deploy.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libcap2-bin, libcurl4")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "podman, jq")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/scripts/debian/postinst)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
