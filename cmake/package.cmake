# Installation, and the package files for find_package(fathom).
include(CMakePackageConfigHelpers)

install(TARGETS fathom fathom_video EXPORT fathom-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY lib/fathom DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY data/augmentations DESTINATION ${CMAKE_INSTALL_DATADIR}/fathom/data)
install(DIRECTORY models DESTINATION ${CMAKE_INSTALL_DATADIR}/fathom FILES_MATCHING PATTERN "*.pt")
install(EXPORT fathom-targets NAMESPACE fathom:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fathom)

configure_package_config_file(cmake/fathom-config.cmake.in ${PROJECT_BINARY_DIR}/fathom-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fathom)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fathom-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fathom-config.cmake ${PROJECT_BINARY_DIR}/fathom-config-version.cmake
              cmake/dependencies.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fathom)
