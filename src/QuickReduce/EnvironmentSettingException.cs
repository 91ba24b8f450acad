namespace QuickReduce;

/// <summary>An environment variable of QuickReduce's has a value that it cannot have. The message lists what it can be.</summary>
public sealed class EnvironmentSettingException : QuickReduceException
{
    internal EnvironmentSettingException(string variable, string message)
        : base(message) => Variable = variable;

    /// <summary>The variable.</summary>
    public string Variable { get; }
}
