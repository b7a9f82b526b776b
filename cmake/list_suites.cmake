# Writes a file for ctest with a test for every suite of a GoogleTest program that FILTER selects:
#   cmake -D PROGRAM=build/bin/core_tests -D PREFIX=core. -D FILTER=-Slow.* -D "PROPERTIES=..." -D OUT=FILE -P list_suites.cmake
# Not a test for every test: such a process takes seconds to load LibTorch, and most tests take milliseconds.
execute_process(COMMAND ${PROGRAM} --gtest_list_tests --gtest_filter=${FILTER} OUTPUT_VARIABLE listed RESULT_VARIABLE status)
if(status)
  message(FATAL_ERROR "${PROGRAM} cannot list its tests: ${status}")
endif()
string(REGEX MATCHALL "\n[A-Za-z0-9_/]+\\." suites "\n${listed}")
if(NOT suites)
  message(FATAL_ERROR "${PROGRAM} has no tests that '${FILTER}' selects")
endif()
set(written "")
foreach(suite ${suites})
  string(REGEX REPLACE "\n(.*)\\." "\\1" suite "${suite}")
  string(APPEND written "add_test([[${PREFIX}${suite}]] [[${PROGRAM}]] [[--gtest_filter=${suite}.*]])\n"
                        "set_tests_properties([[${PREFIX}${suite}]] PROPERTIES ${PROPERTIES})\n")
endforeach()
file(WRITE ${OUT} "${written}")
