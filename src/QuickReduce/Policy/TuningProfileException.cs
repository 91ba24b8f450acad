namespace QuickReduce;

/// <summary>What is wrong with a tuning profile.</summary>
public enum TuningProfileProblem
{
    /// <summary>There is no such file, or it cannot be read.</summary>
    NotReadable,

    /// <summary>The file is not JSON, or not a tuning profile.</summary>
    NotAProfile,

    /// <summary>It is of another version of the format.</summary>
    OtherVersion,

    /// <summary>A value is missing or impossible: a data type, regime, algorithm or geometry that doesn't exist.</summary>
    Invalid,

    /// <summary>It was made on another machine.</summary>
    OtherMachine,
}

/// <summary>A tuning profile cannot be used. The message names the file and what to do.</summary>
public sealed class TuningProfileException : QuickReduceException
{
    internal TuningProfileException(TuningProfileProblem problem, string? path, string message, Exception? inner = null)
        : base(message, inner)
    {
        Problem = problem;
        Path = path;
    }

    /// <summary>What is wrong.</summary>
    public TuningProfileProblem Problem { get; }

    /// <summary>The file; null where the profile was not read from one.</summary>
    public string? Path { get; }
}
