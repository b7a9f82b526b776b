# Warnings for our own targets; headers of dependencies are SYSTEM and stay silent.
function(fathom_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow
                                           -Wno-missing-field-initializers)
  # It takes every reference that comes from a function with a temporary argument for one into that argument.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    target_compile_options(${target} PRIVATE -Wno-dangling-reference)
  endif()
  if(FATHOM_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
