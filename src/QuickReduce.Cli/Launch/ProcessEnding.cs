namespace QuickReduce.Cli.Launch;

/// <summary>How a process ended: by itself, or by a signal.</summary>
/// <param name="Code">Its exit code; 0 where a signal ended it.</param>
/// <param name="Signal">The signal that ended it; null where it ended by itself.</param>
internal readonly record struct ProcessEnding(int Code, Signal? Signal)
{
    /// <summary>Whether it did what it should, as far as it says.</summary>
    public bool IsSuccess => Code == 0 && Signal is null;

    /// <summary>The exit code that shells give it.</summary>
    public int ShellCode => Signal is { } signal ? 128 + (int)signal : Code;

    /// <summary>For messages: <c>exited with 3</c>, <c>was killed by signal 9 (SIGKILL)</c>.</summary>
    public override string ToString() =>
        Signal is not { } signal ? "exited with " + Code
        : "was killed by signal " + (int)signal + (Enum.IsDefined(signal) ? " (" + signal + ")" : string.Empty);
}
