# Warnings for fathom's own targets. Headers of dependencies are SYSTEM, so they produce no warnings.
function(fathom_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow
                                           -Wno-missing-field-initializers)
  # -Wdangling-reference assumes that a reference returned by a function with a temporary argument refers to that argument.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    target_compile_options(${target} PRIVATE -Wno-dangling-reference)
  endif()
  if(FATHOM_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
