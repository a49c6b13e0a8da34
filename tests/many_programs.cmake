# Read by ctest: tests that run some forty programs at once take the place of several. The list is doctest_discover_tests's.
foreach(test ${e2e_tests_TESTS})
  if(test MATCHES "^e2e: ?hostile:")
    set_tests_properties(${test} PROPERTIES PROCESSORS 4)
  endif()
endforeach()
