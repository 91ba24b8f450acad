using System.Security.Cryptography;
using System.Text;

namespace QuickReduce.Build;

/// <summary>Small file helpers that keep a build incremental: nothing is rewritten that has not changed, nothing is seen half written.</summary>
internal static class FileText
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes the text unless the file already holds it. True when it wrote.</summary>
    public static bool WriteIfDifferent(string path, string text)
    {
        byte[] bytes = Utf8.GetBytes(text);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes))
        {
            return false;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = path + "." + Guid.NewGuid().ToString("N").Substring(0, 8) + ".tmp";
        try
        {
            File.WriteAllBytes(temporary, bytes);
            Replace(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }

        return true;
    }

    /// <summary>Moves a finished file over its final name.</summary>
    public static void Replace(string temporary, string path)
    {
        // File.Move does not overwrite on this profile; File.Replace does, in one step, but wants the target to exist.
        if (File.Exists(path))
        {
            File.Replace(temporary, path, destinationBackupFileName: null);
        }
        else
        {
            File.Move(temporary, path);
        }
    }

    public static string? ReadOrNull(string path) => File.Exists(path) ? File.ReadAllText(path, Utf8) : null;

    public static string Sha256OfFile(string path)
    {
        using var sha = SHA256.Create();
        using FileStream file = File.OpenRead(path);
        return Hex(sha.ComputeHash(file));
    }

    public static string Sha256OfText(string text)
    {
        using var sha = SHA256.Create();
        return Hex(sha.ComputeHash(Utf8.GetBytes(text)));
    }

    private static string Hex(byte[] bytes)
    {
        var text = new StringBuilder(bytes.Length * 2);
        foreach (byte value in bytes)
        {
            text.Append(value.ToString("x2"));
        }

        return text.ToString();
    }
}
