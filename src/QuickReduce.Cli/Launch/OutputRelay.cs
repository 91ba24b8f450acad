using System.Text;

namespace QuickReduce.Cli.Launch;

/// <summary>Passes on what ranks write, line by line, each line whole and with its rank before it.</summary>
/// <remarks>Thread-safe: one thread per rank.</remarks>
/// <param name="write">Writes whole lines; not called by two threads at once.</param>
/// <param name="worldSize">Number of ranks.</param>
/// <param name="coloured">Whether ranks are told apart by colours too.</param>
internal sealed class OutputRelay(Action<ReadOnlyMemory<byte>> write, int worldSize, bool coloured)
{
    private const int MostBytesOfLine = 1 << 20;
    private const byte NewLine = (byte)'\n';

    // Cyan, yellow, green, magenta, blue, red: what is told apart on dark and on light ground.
    private static readonly int[] Colours = [36, 33, 32, 35, 34, 31];

    private readonly Lock _gate = new();

    /// <summary>Passes on all that a rank writes; returns when its end of the pipe is closed.</summary>
    /// <exception cref="IOException">What is passed on cannot be written.</exception>
    public void Run(int rank, Stream source)
    {
        var prefix = PrefixOf(rank);
        var buffer = new byte[1 << 16];
        var line = new MemoryStream();
        var whole = new MemoryStream();
        int count;
        while ((count = source.Read(buffer)) > 0)
        {
            for (var rest = buffer.AsSpan(0, count); !rest.IsEmpty;)
            {
                var length = rest.IndexOf(NewLine);
                line.Write(rest[..(length < 0 ? rest.Length : length)]);
                rest = length < 0 ? [] : rest[(length + 1)..];
                if (length >= 0 || line.Length > MostBytesOfLine)
                {
                    MoveLine(line, whole, prefix);
                }
            }

            Pass(whole);
        }

        if (line.Length > 0)
        {
            MoveLine(line, whole, prefix);
            Pass(whole);
        }
    }

    private static void MoveLine(MemoryStream line, MemoryStream whole, byte[] prefix)
    {
        whole.Write(prefix);
        line.WriteTo(whole);
        whole.WriteByte(NewLine);
        line.SetLength(0);
    }

    private void Pass(MemoryStream whole)
    {
        if (whole.Length > 0)
        {
            lock (_gate)
            {
                write(whole.GetBuffer().AsMemory(0, (int)whole.Length));
            }

            whole.SetLength(0);
        }
    }

    private byte[] PrefixOf(int rank)
    {
        var width = (worldSize - 1).ToString(null as IFormatProvider).Length;
        var text = "[" + rank.ToString(null as IFormatProvider).PadLeft(width) + "]";
        return Encoding.ASCII.GetBytes(coloured ? "\u001b[" + Colours[rank % Colours.Length] + "m" + text + "\u001b[0m " : text + " ");
    }
}
