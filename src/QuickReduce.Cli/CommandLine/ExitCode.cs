namespace QuickReduce.Cli.CommandLine;

/// <summary>How the tool ends; <c>quickreduce --help</c> says the same.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>Something is missing: a compiler (<c>doctor</c>), kernels (<c>list</c>), a device (<c>bench</c>).</summary>
    public const int Missing = 1;

    public const int WrongCommandLine = 2;

    public const int FileAccess = 3;

    /// <summary>What was checked is not as it has to be: results that differ (<c>bench</c>), times (<c>bench compare</c>).</summary>
    public const int CheckFailed = 4;

    /// <summary>An all-reduce, a rank or a device failed.</summary>
    public const int Failed = 5;

    /// <summary>Ctrl-C, as shells report it.</summary>
    public const int Cancelled = 130;
}
