namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>What happens to a rank.</summary>
public enum Fault
{
    /// <summary>Its process gets SIGKILL.</summary>
    Kill,

    /// <summary>Its process gets SIGSTOP, and stays stopped.</summary>
    Stop,

    /// <summary>Its process ends by itself, without leaving the group.</summary>
    Exit,

    /// <summary>An exception unwinds through its communicator; at the rendezvous, its driver fails.</summary>
    Exception,

    /// <summary>It asks for another number of elements; at the rendezvous, for another number of ranks.</summary>
    Size,

    /// <summary>It asks for another regime; at the rendezvous, for other options.</summary>
    Regime,

    /// <summary>It makes calls in another order; at the rendezvous, it joins another group first.</summary>
    Order,

    /// <summary>It comes late, but within the time limit.</summary>
    Late,

    /// <summary>It does nothing any more, and lives.</summary>
    Never,
}

/// <summary>When it happens.</summary>
public enum Moment
{
    /// <summary>Before the rank has come to the rendezvous.</summary>
    Arriving,

    /// <summary>The ranks have met, and it loads its kernels.</summary>
    Loading,

    /// <summary>It has offered its memory to the others, and maps theirs.</summary>
    Trading,

    /// <summary>Between two calls: all work is done.</summary>
    Between,

    /// <summary>Its kernel is launched, and has sent nothing.</summary>
    Launched,

    /// <summary>Its kernel has sent its tile, and no flag says so: the others wait in phase 1.</summary>
    Phase1,

    /// <summary>Its kernel has reduced its segment, and no flag says so: the others wait in phase 2.</summary>
    Phase2,

    /// <summary>Its kernel has all that it needs, and has given all: the others' call ends, and the next one waits.</summary>
    Phase3,
}

/// <summary>When the other ranks hear of it.</summary>
public enum Notice
{
    /// <summary>Never: nothing is wrong, and all results are right.</summary>
    None,

    /// <summary>Without waiting for a time limit.</summary>
    Prompt,

    /// <summary>When the time limit is over.</summary>
    AtLimit,
}

/// <summary>What the other ranks must get.</summary>
/// <param name="Exception">Type of the exception, with its problem where it has one; empty for none.</param>
/// <param name="NamesCulprit">Whether it names the rank as such; what ranks differ in is told in words.</param>
/// <param name="Notice">When.</param>
public sealed record Expectation(string Exception, bool NamesCulprit, Notice Notice);

/// <summary>One case of the matrix.</summary>
/// <param name="Fault">What happens.</param>
/// <param name="Moment">When.</param>
public readonly record struct FaultCase(Fault Fault, Moment Moment)
{
    /// <summary>All cases. What a rank asks for is compared before kernels are loaded, so that it cannot differ later in the rendezvous.</summary>
    public static IReadOnlyList<FaultCase> All { get; } =
    [
        .. from fault in Enum.GetValues<Fault>()
           from moment in Enum.GetValues<Moment>()
           where !(fault is Fault.Size or Fault.Regime or Fault.Order && moment is Moment.Loading or Moment.Trading)
           select new FaultCase(fault, moment),
    ];

    /// <summary>Whether the ranks have yet to form a group.</summary>
    public bool IsAtRendezvous => Moment <= Moment.Trading;

    /// <summary>Whether a kernel of the rank is to be held.</summary>
    public bool IsInCall => Moment >= Moment.Launched;

    /// <summary>Whether the rank's process is of no use afterwards.</summary>
    public bool EndsProcess => Fault is Fault.Kill or Fault.Stop or Fault.Exit || (Fault == Fault.Never && IsAtRendezvous);

    /// <summary>What every other rank must get.</summary>
    public Expectation Expected => (Fault, Moment) switch
    {
        (Fault.Late, _) => new Expectation(string.Empty, false, Notice.None),
        (Fault.Size or Fault.Regime, Moment.Arriving) => AtRendezvous(RendezvousProblem.Mismatch, false, Notice.Prompt),
        (_, Moment.Arriving) => AtRendezvous(RendezvousProblem.TimedOut, true, Notice.AtLimit),
        (Fault.Stop or Fault.Never, Moment.Loading or Moment.Trading) => AtRendezvous(RendezvousProblem.TimedOut, true, Notice.AtLimit),
        (Fault.Exception, Moment.Loading or Moment.Trading) => AtRendezvous(RendezvousProblem.Device, true, Notice.Prompt),
        (_, Moment.Loading or Moment.Trading) => AtRendezvous(RendezvousProblem.RankLost, true, Notice.Prompt),
        (Fault.Stop or Fault.Never, _) => new Expectation(nameof(RankTimeoutException), true, Notice.AtLimit),
        (Fault.Size or Fault.Regime or Fault.Order, _) => new Expectation(nameof(RankMismatchException), false, Notice.Prompt),
        _ => new Expectation(nameof(RankFailedException), true, Notice.Prompt),
    };

    /// <summary>What the rank itself must get; null where that is nobody's affair.</summary>
    public Expectation? ExpectedOfCulprit => (Fault, Moment) switch
    {
        (Fault.Late, _) => Expected,
        (Fault.Exception, Moment.Loading or Moment.Trading) => new Expectation(nameof(GpuException), false, Notice.Prompt),
        (Fault.Size or Fault.Regime or Fault.Order or Fault.Never, >= Moment.Between) => Expected,
        _ => null,
    };

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="ArgumentException">It is no case.</exception>
    public static FaultCase Parse(string text) => text.Split('@') is [var fault, var moment]
        ? new FaultCase(Enum.Parse<Fault>(fault, ignoreCase: true), Enum.Parse<Moment>(moment, ignoreCase: true))
        : throw new ArgumentException(text + " is no case such as kill@phase1.", nameof(text));

    /// <summary>For example <c>kill@phase1</c>.</summary>
    public override string ToString() => (Fault + "@" + Moment).ToLowerInvariant();

    private static Expectation AtRendezvous(RendezvousProblem problem, bool namesCulprit, Notice notice) =>
        new(nameof(RendezvousException) + "." + problem, namesCulprit, notice);
}
