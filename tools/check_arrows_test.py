#!/usr/bin/env python3
"""Tests of check_arrows.py: a small tree that is in order, and one planted fault a test."""

import tempfile
import unittest
from pathlib import Path

import check_arrows

CLEAN = {
    "base/error.h": "#include <expected>\n",
    "base/hash.cc": '#include "base/hash.h"\n#include <xxhash.h>\n',
    "event/value.h": '#include <stdint.h>\n#include "base/error.h"\n',
    "event/value_test.cc": '#include <gtest/gtest.h>\n#include "event/value.h"\n',
    "event/test_events.h": "#include <gtest/gtest.h>\n",
    "event/reader_test.cc": '#include "event/test_events.h"\n',
    "nfa/program.h": '#include "event/value.h"\n',
    "runtime/engine.h": '#include "nfa/program.h"\n#include <oneapi/tbb/task_arena.h>\n',
    "runtime/CMakeLists.txt": "weir_room(runtime ARROWS nfa state event base LIBS TBB::tbb)\n",
    "dsl/grammar.h": "#include <tao/pegtl.hpp>\n",
    "api/engine.cc": '#include "runtime/engine.h"\n#include <weir/engine.h>\n',
    "include/weir/engine.h": '#include <string>\n#include "weir/event.h"\n',
    "apps/main.cc": '#include <weir/engine.h>\n#include "apps/run.h"\n#include <spdlog/spdlog.h>\n',
    "apps/CMakeLists.txt": "target_link_libraries(weir PRIVATE weir_api CLI11::CLI11)\n",
    "tests/reference/matcher.cc": '#include "tests/reference/matcher.h"\n#include "dsl/ast.h"\n',
    "tests/differential/run.cc": '#include "nfa/program.h"\n#include <re2/re2.h>\n',
    "build/dev/junk.cc": '#include "nowhere.h"\n',
}


def faults_with(planted: dict[str, str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        for path, text in {**CLEAN, **planted}.items():
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return list(check_arrows.check(Path(folder)))


class CheckArrows(unittest.TestCase):
    def expect(self, path: str, text: str, fault: str) -> None:
        found = faults_with({path: text})
        self.assertTrue(found, f"nothing was found wrong with {path}")
        self.assertIn(fault, found[0])

    def test_the_clean_tree_is_clean(self) -> None:
        self.assertEqual(faults_with({}), [])

    def test_runtime_may_not_see_the_compiler(self) -> None:
        self.expect("runtime/reload.cc", '#include <map>\n#include "compiler/compile.h"\n',
                    "runtime/reload.cc:2: runtime may not include compiler")

    def test_runtime_may_not_see_the_language(self) -> None:
        self.expect("runtime/reload_test.cc", '#include "dsl/parser.h"\n',
                    "runtime/reload_test.cc:1: runtime may not include dsl")

    def test_the_reference_may_not_see_the_engine(self) -> None:
        self.expect("tests/reference/matcher.h", '#include "nfa/program.h"\n',
                    "tests/reference may not include nfa")

    def test_apps_see_the_public_headers_only(self) -> None:
        self.expect("apps/run/run.cc", '#include "base/error.h"\n', "apps may not include base")

    def test_public_headers_see_the_standard_library_only(self) -> None:
        self.expect("include/weir/result.h", '#include "base/error.h"\n',
                    "include/weir may not include base")
        self.expect("include/weir/result.h", "#include <nlohmann/json.hpp>\n",
                    "include/weir may not use nlohmann_json")

    def test_third_parties_stay_in_their_rooms(self) -> None:
        for path, header, party in (
            ("compiler/check.cc", "tao/pegtl.hpp", "PEGTL"),
            ("runtime/read.cc", "simdjson.h", "simdjson"),
            ("state/save.cc", "nlohmann/json.hpp", "nlohmann_json"),
            ("nfa/step.cc", "tbb/parallel_for.h", "oneTBB"),
            ("nfa/step.cc", "execution", "oneTBB"),
            ("api/engine.cc", "spdlog/spdlog.h", "spdlog"),
            ("dsl/parser.cc", "re2/re2.h", "RE2"),
            ("runtime/windows.cc", "cctz/time_zone.h", "cctz"),
            ("event/key.cc", "xxhash.h", "xxHash"),
            ("nfa/store.cc", "boost/container/small_vector.hpp", "Boost.Container"),
            ("dsl/source.cc", "unistd.h", "POSIX"),
            ("base/error.cc", "gtest/gtest.h", "GoogleTest"),
        ):
            with self.subTest(path=path, header=header):
                self.expect(path, f"#include <{header}>\n", f"may not use {party}")

    def test_a_header_with_googletest_is_for_tests_only(self) -> None:
        self.expect("event/reader.cc", '#include "event/test_events.h"\n',
                    "event/test_events.h:1: event may not use GoogleTest")

    def test_an_unknown_third_party_is_named(self) -> None:
        self.expect("base/error.h", "#include <absl/status/status.h>\n", "no third party")

    def test_includes_are_written_from_the_root(self) -> None:
        self.expect("nfa/step.cc", '#include "program.h"\n', "from the root")
        self.expect("nfa/step.cc", '#include "../event/value.h"\n', "from the root")

    def test_a_circle_of_folders_is_found(self) -> None:
        found = faults_with({
            "apps/run/run.h": '#include "apps/report/report.h"\n',
            "apps/report/report.h": '#include "apps/run/run.h"\n',
        })
        self.assertEqual(len(found), 1)
        self.assertIn("apps/report -> apps/run -> apps/report", found[0])
        self.assertTrue(found[0].startswith("apps/report/report.h:1: "))

    def test_cmake_arrows_must_be_the_listed_ones(self) -> None:
        self.expect("nfa/CMakeLists.txt", "weir_room(nfa ARROWS event base dsl)\n",
                    "ARROWS of nfa are {base, dsl, event}, the list says {base, event}")
        self.expect("state/CMakeLists.txt", "weir_room(state)\n", "ARROWS of state are {}")

    def test_cmake_libraries_stay_in_their_rooms(self) -> None:
        self.expect("nfa/CMakeLists.txt", "weir_room(nfa ARROWS event base\n  LIBS TBB::tbb)\n",
                    "nfa/CMakeLists.txt:2: nfa may not link TBB::tbb")

    def test_apps_link_api_only(self) -> None:
        self.expect("apps/CMakeLists.txt", "target_link_libraries(weir PRIVATE weir_nfa)\n",
                    "apps may not link weir_nfa")

    def test_the_reference_links_no_engine(self) -> None:
        self.expect("tests/reference/CMakeLists.txt",
                    "target_link_libraries(reference weir_dsl weir_compiler)\n",
                    "tests/reference may not link weir_compiler")


if __name__ == "__main__":
    unittest.main()
