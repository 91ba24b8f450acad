namespace QuickReduce.Emulation.Execution;

/// <summary>What an instruction may not do. Whoever runs the wave adds where it happened.</summary>
internal sealed class Fault(EmulationProblem problem, string message) : Exception(message)
{
    public EmulationProblem Problem { get; } = problem;
}
