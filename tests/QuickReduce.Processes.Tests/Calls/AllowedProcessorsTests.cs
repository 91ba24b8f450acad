using Xunit;
using QuickReduce.Collectives.Processes;

namespace QuickReduce.Processes.Tests.Calls;

/// <summary>How many processors ranks have together, from what each says of its own.</summary>
public sealed unsafe class AllowedProcessorsTests
{
    private const int Stride = 4096;

    [Theory]
    [InlineData(2, new[] { 1, 1 }, new[] { 0b01UL, 0b10UL })] // as mpirun binds ranks: one each
    [InlineData(1, new[] { 1, 1 }, new[] { 0b10UL, 0b10UL })] // the same one
    [InlineData(4, new[] { 4, 4 }, new[] { 0b1111UL, 0b1111UL })]
    [InlineData(3, new[] { 2, 2 }, new[] { 0b011UL, 0b110UL })]
    [InlineData(2, new[] { 2, 4 }, new[] { 0b1111UL, 0b1111UL })] // one has the time of two only
    [InlineData(2, new[] { 2, 2 }, new[] { 0UL, 0UL })] // the kernel did not say which
    [InlineData(0, new[] { 2, 0 }, new[] { 0b11UL, 0UL })] // one has said nothing yet
    public void RanksHaveWhatAnyOfThemMayRunOn(int together, int[] atOnce, ulong[] masks)
    {
        var boards = new byte[atOnce.Length * Stride];
        fixed (byte* first = boards)
        {
            for (var rank = 0; rank < atOnce.Length; rank++)
            {
                *(int*)(first + rank * Stride) = atOnce[rank];
                *(ulong*)(first + rank * Stride + sizeof(ulong)) = masks[rank];
            }

            Assert.Equal(together, AllowedProcessors.Together(first, Stride, atOnce.Length));
        }
    }

    [Fact]
    public void AProcessSaysWhereItMayRun()
    {
        var board = new byte[Stride];
        fixed (byte* place = board)
        {
            AllowedProcessors.Write(place);
            Assert.Equal(Environment.ProcessorCount, AllowedProcessors.Together(place, Stride, 1));
            Assert.True(board.AsSpan(sizeof(ulong), AllowedProcessors.Bytes - sizeof(ulong)).IndexOfAnyExcept((byte)0) >= 0);
            Assert.True(board.AsSpan(AllowedProcessors.Bytes).IndexOfAnyExcept((byte)0) < 0);
        }
    }
}
