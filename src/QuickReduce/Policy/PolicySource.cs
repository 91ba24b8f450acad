namespace QuickReduce;

/// <summary>What a decision was made by, strongest first.</summary>
public enum PolicySource
{
    /// <summary>An option given in code.</summary>
    Option,

    /// <summary>An environment variable.</summary>
    Environment,

    /// <summary>What is declared, and what can exist at all.</summary>
    Declaration,

    /// <summary>A tuning profile of this machine.</summary>
    Profile,

    /// <summary>The published minimum sizes (<see cref="PublishedMinimumSizes"/>).</summary>
    PublishedTable,

    /// <summary>What holds where nothing else says so.</summary>
    Default,
}

/// <summary>One step towards a decision.</summary>
/// <param name="Source">What kind of thing says so.</param>
/// <param name="Name">Which: a property, an environment variable, a file, a pull request.</param>
/// <param name="Text">What it says, in words.</param>
public sealed record PolicyReason(PolicySource Source, string Name, string Text)
{
    /// <summary>For people: <c>INT4 is asked for (QUICKREDUCE_REGIME)</c>.</summary>
    public override string ToString() => Text + " (" + Name + ")";
}
