using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>Runs what must not hang.</summary>
public static class Bounded
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Runs every action on a thread of its own and gives what each threw, or null.</summary>
    public static Exception?[] Run(params Action[] actions)
    {
        var exceptions = new Exception?[actions.Length];
        var threads = actions.Select((action, index) => new Thread(() => exceptions[index] = Record.Exception(action)) { IsBackground = true }).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        Assert.All(threads, thread => Assert.True(thread.Join(Limit), "A rank hangs."));
        return exceptions;
    }

    /// <summary>Awaits a task that must end.</summary>
    public static Task Ends(Task task) => task.WaitAsync(Limit);
}
