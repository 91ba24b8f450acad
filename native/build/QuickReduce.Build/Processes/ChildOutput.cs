using System.Text;

namespace QuickReduce.Build;

/// <summary>Collects what a child writes on its two streams: bytes, since a broken compiler need not write text.</summary>
internal sealed class ChildOutput
{
    /// <summary>A runaway child may write without end; what goes beyond this is read and dropped.</summary>
    private const int MaxBytes = 1 << 20;

    private readonly MemoryStream _bytes = new();

    public async Task ReadAsync(Stream stream)
    {
        var chunk = new byte[8192];
        try
        {
            int count;
            while ((count = await stream.ReadAsync(chunk, 0, chunk.Length).ConfigureAwait(false)) > 0)
            {
                lock (_bytes)
                {
                    _bytes.Write(chunk, 0, Math.Min(count, Math.Max(0, MaxBytes - (int)_bytes.Length)));
                }
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The stream ends with the child that was killed.
        }
    }

    /// <summary>What was written, and whether it is text.</summary>
    public string ToText(out bool isText)
    {
        byte[] bytes;
        lock (_bytes)
        {
            bytes = _bytes.ToArray();
        }

        string text = Encoding.UTF8.GetString(bytes);
        int strange = text.Count(c => c == '\uFFFD' || (char.IsControl(c) && c is not ('\n' or '\r' or '\t' or '\u001b')));
        // A few bytes in another encoding (a path) still leave a readable message.
        isText = strange * 20 <= text.Length;
        return text;
    }
}
