# weir_room(NAME ARROWS room... LIBS lib...): the static library of one folder.
# Its sources are the folder's *.cc; *_test.cc beside them become the test program NAME_test.
# With ARROWS the room may use the headers of those rooms, and no others.
function(weir_room NAME)
  cmake_parse_arguments(ROOM "" "" "ARROWS;LIBS;TEST_LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(target weir_${NAME})
  list(TRANSFORM ROOM_ARROWS PREPEND weir_)
  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(${target} PUBLIC ${ROOM_ARROWS} PRIVATE weir_options ${ROOM_LIBS})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR}
      ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(${target} INTERFACE ${ROOM_ARROWS} ${ROOM_LIBS})
  endif()
  if(WEIR_BUILD_TESTS AND tests)
    add_executable(${NAME}_test ${tests})
    target_link_libraries(${NAME}_test PRIVATE ${target} ${ROOM_ARROWS} weir_options ${ROOM_LIBS}
      ${ROOM_TEST_LIBS} GTest::gtest GTest::gtest_main)
    # Tests name the files they read (tests/golden and the like) from the root.
    add_test(NAME ${NAME}_test COMMAND ${NAME}_test WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${NAME}_test PROPERTIES LABELS "unit;fast")
  endif()
endfunction()
