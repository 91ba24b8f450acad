namespace QuickReduce.Policy;

/// <summary>A setting of a policy, and where it comes from. The default is a setting that nobody has made.</summary>
/// <param name="Value">The value.</param>
/// <param name="Source">What kind of thing gave it.</param>
/// <param name="Name">Which.</param>
internal readonly record struct PolicySetting<T>(T Value, PolicySource Source, string Name)
{
    /// <summary>Whether anybody has made it.</summary>
    public bool IsSet => Name is not null;

    /// <summary>A step towards a decision that this setting is.</summary>
    public PolicyReason Says(string text) => new(Source, Name, text);
}

/// <summary>Settings that are given in code.</summary>
internal static class PolicySetting
{
    /// <summary>A setting by an option; none where it is null.</summary>
    public static PolicySetting<T> OfOption<T>(T? value, string name)
        where T : struct => value is { } given ? new(given, PolicySource.Option, name) : default;

    /// <summary>The value of a setting; null where nobody has made it.</summary>
    public static T? ValueOrNull<T>(this in PolicySetting<T> setting)
        where T : struct => setting.IsSet ? setting.Value : null;
}
