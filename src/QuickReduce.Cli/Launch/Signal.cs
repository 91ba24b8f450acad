namespace QuickReduce.Cli.Launch;

/// <summary>Signals that are sent here, or often seen; numbers are Linux's on x86-64 and arm64.</summary>
internal enum Signal
{
    SIGHUP = 1,
    SIGINT = 2,
    SIGQUIT = 3,
    SIGILL = 4,
    SIGABRT = 6,
    SIGBUS = 7,
    SIGFPE = 8,
    SIGKILL = 9,
    SIGSEGV = 11,
    SIGPIPE = 13,
    SIGTERM = 15,
}
