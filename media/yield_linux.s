// Lets yield_linux.go declare a function whose body is the runtime's.
