// main() of the tests that have SystemC modules. libsystemc brings a main of its own, which calls
// sc_main and would win over GoogleTest's; this one wins over both. The kernel starts with the
// first module or sc_start.
#include <gmock/gmock.h>

#include <systemc>

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}

// libsystemc refers to it.
int sc_main(int /*argc*/, char** /*argv*/) {
  return RUN_ALL_TESTS();
}
