/* Fails on purpose, so that a test shows that failures are seen: exit code 42. */
int main(void) {
  return 42;
}
