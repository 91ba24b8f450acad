namespace QuickReduce;

/// <summary>A setting of an <see cref="AllReducePolicy"/> is not understood. The message lists what it can be.</summary>
public sealed class PolicyException : QuickReduceException
{
    internal PolicyException(string setting, string value, string message, Exception? inner = null)
        : base(message, inner)
    {
        Setting = setting;
        Value = value;
    }

    /// <summary>The environment variable, or the property.</summary>
    public string Setting { get; }

    /// <summary>What it was set to.</summary>
    public string Value { get; }
}
