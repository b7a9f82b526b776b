if(FATHOM_FUZZ AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-fsanitize=fuzzer-no-link)
  # In C++20, clang needs the definition of c10::IValue earlier than LibTorch 1.13 gives it.
  add_compile_options("SHELL:-include ATen/core/ivalue.h")
endif()
if(FATHOM_SANITIZE OR FATHOM_FUZZ)
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
                      -fno-sanitize=vptr)
  add_link_options(-fsanitize=address,undefined)
endif()
