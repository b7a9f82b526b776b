# Warnings for our own targets; headers of dependencies are SYSTEM and stay silent.
function(fathom_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow
                                           -Wno-missing-field-initializers)
  if(FATHOM_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
