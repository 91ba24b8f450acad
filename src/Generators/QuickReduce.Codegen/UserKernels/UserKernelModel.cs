namespace QuickReduce.Codegen;

/// <summary>
/// A kernel family of the user's own: a partial method with <c>[Kernel]</c>. Value-equal, free of compiler objects.
/// </summary>
/// <param name="Namespace">Namespace of the method's class as C# spells it; empty for the global one.</param>
/// <param name="Types">The types around the method, outermost first.</param>
/// <param name="Method">Name of the method as C# spells it.</param>
/// <param name="Accessibility">Its accessibility as written, or empty.</param>
/// <param name="IsDocumented">Whether the user's own declaration has documentation.</param>
/// <param name="TemplateName">The template, as the attribute names it.</param>
/// <param name="Axes">The axes: type parameters first, then parameters, each in order; each with a value at least.</param>
/// <param name="TypeParameterConstraints">Constraint clauses as C# spells them, one a type parameter that has any.</param>
/// <param name="Parameters">The parameters in order.</param>
/// <param name="Grid">What says how many blocks run.</param>
public sealed record UserKernelModel(
    string Namespace,
    EquatableArray<TypeDeclaration> Types,
    string Method,
    string Accessibility,
    bool IsDocumented,
    string TemplateName,
    EquatableArray<UserKernelAxis> Axes,
    EquatableArray<string> TypeParameterConstraints,
    EquatableArray<UserKernelParameter> Parameters,
    UserKernelGrid Grid)
{
    /// <summary>Most specialised kernels of one family; more are a slip, and would take minutes to compile.</summary>
    public const int MaxKernels = 256;

    /// <summary>Most buffers of a kernel: what the run time can pin at once.</summary>
    public const int MaxBuffers = 12;

    /// <summary>Name of the family in files and at run time: namespace, types and method, joined by dots.</summary>
    public string QualifiedName =>
        string.Join(".", new[] { Namespace }.Where(static n => n.Length > 0).Concat(Types.Select(static t => t.Identifier)).Append(Method))
            .Replace("@", string.Empty);

    /// <summary>Name of the generated property with the family's kernels.</summary>
    public string PropertyName => Method.TrimStart('@') + "Kernels";
}

/// <summary>What a kernel is specialised on.</summary>
/// <param name="Name">Name of the parameter or type parameter, without <c>@</c>.</param>
/// <param name="Kind">What its values are.</param>
/// <param name="CppType">Type of its constant in kernels; for an enumeration, its underlying type; empty for a string.</param>
/// <param name="TypeName">Simple name of the parameter's type.</param>
/// <param name="Values">Its declared values: distinct, at least one.</param>
public sealed record UserKernelAxis(string Name, UserKernelAxisKind Kind, string CppType, string TypeName, EquatableArray<UserKernelAxisValue> Values);

/// <summary>What the values of an axis are.</summary>
public enum UserKernelAxisKind
{
    /// <summary>Element types; the axis is a type parameter.</summary>
    ElementType,

    /// <summary>Integers.</summary>
    Integer,

    /// <summary><c>true</c> and <c>false</c>.</summary>
    Boolean,

    /// <summary>Members of an enumeration.</summary>
    Enumeration,

    /// <summary>Text, which only the template sees.</summary>
    Text,
}

/// <summary>A value of an axis.</summary>
/// <param name="Text">What the template sees: digits, <c>true</c>, a member's name, an element type, or the text itself.</param>
/// <param name="CSharp">The value in C#: a constant pattern, or for an element type the type.</param>
/// <param name="Cpp">The value in kernels: a literal, or for an element type the type; empty for text.</param>
public sealed record UserKernelAxisValue(string Text, string CSharp, string Cpp);

/// <summary>What a parameter is for.</summary>
public enum UserKernelParameterRole
{
    /// <summary>Memory that the kernel reads or writes: <c>ReadOnlySpan</c> or <c>Span</c>.</summary>
    Buffer,

    /// <summary>A value that the kernel is given.</summary>
    Scalar,

    /// <summary>It chooses the kernel.</summary>
    Axis,

    /// <summary>How to launch.</summary>
    Options,
}

/// <summary>A parameter.</summary>
/// <param name="Name">Its name as C# spells it.</param>
/// <param name="CSharpType">Its type, fully qualified.</param>
/// <param name="Role">What it is for.</param>
/// <param name="CppType">Its type in kernels; for a buffer, that of its elements.</param>
/// <param name="Size">Bytes of a scalar; 0 otherwise.</param>
/// <param name="IsReadOnly">Whether the kernel only reads the buffer.</param>
/// <param name="Length">Declared length of the buffer as a C# expression, or empty.</param>
/// <param name="LengthText">The same as the user wrote it.</param>
public sealed record UserKernelParameter(
    string Name,
    string CSharpType,
    UserKernelParameterRole Role,
    string CppType = "",
    int Size = 0,
    bool IsReadOnly = false,
    string Length = "",
    string LengthText = "")
{
    /// <summary>Name of the parameter in kernels.</summary>
    public string CppName => CppNaming.Snake(Name);
}

/// <summary>How many blocks run.</summary>
/// <param name="Parameter">Name of the parameter that counts the work, as C# spells it.</param>
/// <param name="ItemsPerBlock">How much of it one block does.</param>
public sealed record UserKernelGrid(string Parameter, int ItemsPerBlock);
