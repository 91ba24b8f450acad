using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace QuickReduce.Codegen;

/// <summary>The specialised kernels of a family, how their arguments lie in memory, and the files they go into.</summary>
public sealed class UserKernelPlan
{
    /// <summary>Kernels in one file. Several share a compiler's start; not all, so that all cores have something to do.</summary>
    public const int KernelsPerUnit = 8;

    private const int PointerBytes = 8;

    private UserKernelPlan(UserKernelModel model, TemplateOverlay templates)
    {
        Model = model;
        Templates = templates;
        Kernels = NameKernels(model);
        (Fields, ArgumentBytes) = LayOut(model);
        var unitCount = (Kernels.Count + KernelsPerUnit - 1) / KernelsPerUnit;
        Units =
        [
            .. Enumerable.Range(0, unitCount).Select(unit =>
            {
                var name = model.QualifiedName + (unitCount == 1 ? string.Empty : "." + (unit + 1).ToString(CultureInfo.InvariantCulture));
                var kernels = Kernels.Skip(unit * KernelsPerUnit).Take(KernelsPerUnit).ToArray();
                return new UserKernelUnit(name, SourceIdOf(name, kernels), kernels);
            }),
        ];
    }

    /// <summary>The family.</summary>
    public UserKernelModel Model { get; }

    /// <summary>The templates that rendering it uses.</summary>
    public TemplateOverlay Templates { get; }

    /// <summary>One kernel for each combination of the axes' values; the last axis changes fastest.</summary>
    public IReadOnlyList<UserKernel> Kernels { get; }

    /// <summary>The files.</summary>
    public IReadOnlyList<UserKernelUnit> Units { get; }

    /// <summary>The members of <c>Arguments</c>, in order.</summary>
    public IReadOnlyList<UserKernelField> Fields { get; }

    /// <summary>Size of <c>Arguments</c>.</summary>
    public int ArgumentBytes { get; }

    /// <summary>Plans a family.</summary>
    /// <param name="model">The family.</param>
    /// <param name="templates">The user's templates that it can reach.</param>
    public static UserKernelPlan Of(UserKernelModel model, TemplateOverlay templates) => new(model, templates);

    private static List<UserKernel> NameKernels(UserKernelModel model)
    {
        IEnumerable<IReadOnlyList<UserKernelAxisValue>> combinations = [[]];
        foreach (var axis in model.Axes)
        {
            combinations = combinations.SelectMany(_ => axis.Values, static (chosen, value) => (IReadOnlyList<UserKernelAxisValue>)[.. chosen, value]);
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var kernels = new List<UserKernel>();
        foreach (var values in combinations)
        {
            var labels = values.Zip(model.Axes, static (value, axis) => axis.Kind switch
            {
                UserKernelAxisKind.ElementType => CppNaming.Label(value.Text),
                UserKernelAxisKind.Integer => CppNaming.Label(axis.Name) + value.Text.Replace("-", "_minus"),
                _ => CppNaming.Label(axis.Name) + "_" + CppNaming.Label(value.Text),
            });
            var name = string.Join("_", new[] { CppNaming.Label(model.Method) }.Concat(labels));

            // Texts that differ only in what a name cannot hold.
            kernels.Add(new(names.Add(name) ? name : name + "_" + kernels.Count.ToString(CultureInfo.InvariantCulture), new(values)));
            names.Add(kernels[kernels.Count - 1].Name);
        }

        return kernels;
    }

    private static (IReadOnlyList<UserKernelField> Fields, int Bytes) LayOut(UserKernelModel model)
    {
        var fields = new List<UserKernelField>();
        var offset = 0;
        var alignment = 1;
        void Add(string name, string type, int size)
        {
            alignment = Math.Max(alignment, size);
            offset = (offset + size - 1) / size * size;
            fields.Add(new(name, type, offset));
            offset += size;
        }

        foreach (var parameter in model.Parameters)
        {
            if (parameter.Role == UserKernelParameterRole.Buffer)
            {
                Add(parameter.CppName, (parameter.IsReadOnly ? "const GLOBAL " : "GLOBAL ") + parameter.CppType + "*", PointerBytes);
                Add(parameter.CppName + "_length", "u64", PointerBytes);
            }
            else if (parameter.Role == UserKernelParameterRole.Scalar)
            {
                Add(parameter.CppName, parameter.CppType, parameter.Size);
            }
        }

        return (fields, (offset + alignment - 1) / alignment * alignment);
    }

    private string SourceIdOf(string name, IEnumerable<UserKernel> kernels)
    {
        using var sha = SHA256.Create();
        var parts = new[] { TemplateLibrary.Fingerprint, Templates.Fingerprint, name, Model.TemplateName }
            .Concat(Fields.Select(static f => f.ToString()))
            .Concat(Model.Axes.Select(static a => a.Name + " " + a.Kind + " " + a.CppType + " " + a.TypeName))
            .Concat(kernels.Select(static k => k.Name + "\n" + string.Join("\n", k.Values)));
        var hash = sha.ComputeHash(Encoding.UTF8.GetBytes(string.Join("\n", parts)));
        return string.Concat(hash.Take(8).Select(static b => b.ToString("x2", CultureInfo.InvariantCulture)));
    }
}

/// <summary>One specialised kernel.</summary>
/// <param name="Name">Name of its entry point.</param>
/// <param name="Values">Its value on each axis.</param>
public sealed record UserKernel(string Name, EquatableArray<UserKernelAxisValue> Values);

/// <summary>One HIP source file of a family.</summary>
/// <param name="Name">File name without extension, unique in an assembly.</param>
/// <param name="SourceId">Sixteen hexadecimal digits that change whenever the rendered text may.</param>
/// <param name="Kernels">The kernels in it.</param>
public sealed record UserKernelUnit(string Name, string SourceId, IReadOnlyList<UserKernel> Kernels);

/// <summary>A member of a kernel's <c>Arguments</c>.</summary>
/// <param name="Name">Its name in kernels.</param>
/// <param name="Type">Its type in kernels.</param>
/// <param name="Offset">Where it lies, in bytes.</param>
public sealed record UserKernelField(string Name, string Type, int Offset);
