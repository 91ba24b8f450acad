using System.Collections.ObjectModel;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace QuickReduce;

/// <summary>
/// The specialised kernels behind a method with <see cref="KernelAttribute"/>. Immutable and thread-safe. Generated code
/// makes it.
/// </summary>
public sealed class KernelFamily
{
    private readonly int _kernelsPerUnit;
    private HostKernelTable _host;

    /// <summary>Creates a family.</summary>
    /// <param name="name">Full name of the method.</param>
    /// <param name="kernelNames">Names of the kernels' entry points; the last axis changes fastest.</param>
    /// <param name="units">The translation units that hold them, in the same order.</param>
    /// <param name="kernelsPerUnit">Kernels in each unit but the last.</param>
    /// <param name="argumentBytes">Size of the structure that a kernel is given.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public KernelFamily(string name, IReadOnlyList<string> kernelNames, IReadOnlyList<KernelUnit> units, int kernelsPerUnit, int argumentBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(kernelNames);
        ArgumentNullException.ThrowIfNull(units);
        ArgumentOutOfRangeException.ThrowIfLessThan(kernelsPerUnit, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(argumentBytes);
        if (units.Count != (kernelNames.Count + kernelsPerUnit - 1) / kernelsPerUnit)
        {
            throw new ArgumentException("There are not as many units as the kernels need.", nameof(units));
        }

        Name = name;
        KernelNames = new ReadOnlyCollection<string>([.. kernelNames]);
        Units = new ReadOnlyCollection<KernelUnit>([.. units]);
        ArgumentBytes = argumentBytes;
        _kernelsPerUnit = kernelsPerUnit;
        _host = new HostKernelTable(this, AppContext.BaseDirectory);
    }

    /// <summary>Full name of the method.</summary>
    public string Name { get; }

    /// <summary>Names of the kernels' entry points, the same in every code object.</summary>
    public IReadOnlyList<string> KernelNames { get; }

    /// <summary>The translation units that hold them.</summary>
    public IReadOnlyList<KernelUnit> Units { get; }

    /// <summary>Size of the structure that a kernel is given: <c>Arguments</c> in its source.</summary>
    public int ArgumentBytes { get; }

    /// <summary>
    /// Loads the native libraries of all kernels, for an application that wants to know at its start whether it can
    /// launch them.
    /// </summary>
    /// <param name="problem">Why it cannot, with the remedy.</param>
    /// <param name="options">Where the libraries are; null for the application's own directory.</param>
    /// <returns>Whether every kernel can be launched.</returns>
    public bool TryLoad([NotNullWhen(false)] out NativeLibraryException? problem, KernelLaunchOptions? options = null)
    {
        try
        {
            var table = TableOf(options ?? KernelLaunchOptions.Default);
            for (var kernel = 0; kernel < KernelNames.Count; kernel++)
            {
                table.EntryPoint(kernel);
            }

            problem = null;
            return true;
        }
        catch (NativeLibraryException exception)
        {
            problem = exception;
            return false;
        }
    }

    /// <summary>Runs all blocks of a kernel and returns when they are done. Called by generated code.</summary>
    /// <param name="kernel">Index of the kernel.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="options">How to launch; null for the defaults.</param>
    /// <exception cref="NativeLibraryException">The kernel's library is missing or cannot be used.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public unsafe void Launch(int kernel, scoped in KernelArguments arguments, uint blocks, KernelLaunchOptions? options)
    {
        options ??= KernelLaunchOptions.Default;
        var entryPoint = TableOf(options).EntryPoint(kernel);
        if (blocks > 0)
        {
            arguments.Pin(entryPoint, blocks, options.MaxThreads);
        }
    }

    /// <summary>How many blocks do an amount of work. Called by generated code.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The amount is negative, or is too much for one launch.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static uint BlocksOf(long items, int itemsPerBlock, string parameter)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(items, parameter);
        var blocks = items / itemsPerBlock + (items % itemsPerBlock > 0 ? 1 : 0);
        return blocks <= int.MaxValue
            ? (uint)blocks
            : throw new ArgumentOutOfRangeException(parameter, items, "That would be " + blocks + " blocks; one launch has at most " + int.MaxValue + ".");
    }

    /// <summary>Checks the length of a buffer. Called by generated code.</summary>
    /// <exception cref="ArgumentException">It is not as long as declared.</exception>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void RequireLength(int length, long declared, string expression, string parameter)
    {
        if (length != declared)
        {
            throw new ArgumentException("The buffer has " + length + " elements, and '" + expression + "' is " + declared + ".", parameter);
        }
    }

    /// <summary>The exception for a value that no kernel was generated for. Called by generated code.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public VariantNotDeclaredException NotDeclared<T>(string axis, T value, string declared) => new(
        Name + " has no kernel for " + axis + " = " + value + "; declared are " + declared + ". Add the value to the [KernelAxis] of " + axis + ".");

    internal KernelUnit UnitOf(int kernel) => Units[kernel / _kernelsPerUnit];

    private HostKernelTable TableOf(KernelLaunchOptions options)
    {
        // Nearly always the same directory; whoever changes it pays for a table, not for loading anew.
        var table = Volatile.Read(ref _host);
        var directory = options.LibraryDirectory ?? AppContext.BaseDirectory;
        if (!string.Equals(table.Directory, directory, StringComparison.Ordinal))
        {
            table = new HostKernelTable(this, directory);
            Volatile.Write(ref _host, table);
        }

        return table;
    }
}
