using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;
using QuickReduce.Generators.UserKernels.Rules;

namespace QuickReduce.Generators.UserKernels;

/// <summary>The parameters and type parameters of a kernel method, read and judged.</summary>
internal sealed class KernelSignature
{
    private static readonly SymbolDisplayFormat TypeFormat = SymbolDisplayFormat.FullyQualifiedFormat.AddMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    private readonly IMethodSymbol _method;
    private readonly List<Diagnostic> _problems;
    private readonly CancellationToken _cancellationToken;
    private readonly List<UserKernelAxis> _axes = [];
    private readonly List<UserKernelParameter> _parameters = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ITypeSymbol> _enumerations = new(StringComparer.Ordinal);

    public KernelSignature(IMethodSymbol method, List<Diagnostic> problems, Location nameLocation, CancellationToken cancellationToken)
    {
        _method = method;
        _problems = problems;
        _cancellationToken = cancellationToken;
        foreach (var parameter in method.TypeParameters)
        {
            ReadTypeParameter(parameter);
        }

        foreach (var parameter in method.Parameters)
        {
            ReadParameter(parameter);
        }

        if (_parameters.Count(static p => p.Role == UserKernelParameterRole.Buffer) > UserKernelModel.MaxBuffers)
        {
            Refuse(method.Parameters[method.Parameters.Length - 1], "a kernel has at most " + UserKernelModel.MaxBuffers + " buffers");
        }

        ReadGrid(nameLocation);
    }

    /// <summary>The axes: type parameters first.</summary>
    public IReadOnlyList<UserKernelAxis> Axes => _axes;

    /// <summary>The parameters.</summary>
    public IReadOnlyList<UserKernelParameter> Parameters => _parameters;

    /// <summary>What says how many blocks run; <see langword="null"/> if that is declared wrongly.</summary>
    public UserKernelGrid? Grid { get; private set; }

    /// <summary>The values that an axis declares; <see langword="null"/> for what is no axis, or does not bind.</summary>
    public static (AttributeData Attribute, ImmutableArray<TypedConstant> Values)? AxisOf(ISymbol symbol) =>
        AttributeOf(symbol, "KernelAxisAttribute") is { ConstructorArguments: [{ Kind: TypedConstantKind.Array } values] } attribute
            ? (attribute, values.IsNull ? [] : values.Values)
            : null;

    /// <summary>A type, fully qualified.</summary>
    public static string NameOf(ITypeSymbol type) => type.ToDisplayString(TypeFormat);

    private static AttributeData? AttributeOf(ISymbol symbol, string name) =>
        symbol.GetAttributes().FirstOrDefault(a => KernelDeclaration.IsOurs(a.AttributeClass, name));

    private void ReadTypeParameter(ITypeParameterSymbol parameter)
    {
        if (AxisOf(parameter) is not { } axis)
        {
            if (AttributeOf(parameter, "KernelAxisAttribute") is null)
            {
                _problems.Add(Diagnostic.Create(TypeParameterMustBeAxis.Rule, parameter.Locations[0], parameter.Name));
            }

            return;
        }

        if (!ClaimName(parameter, parameter.Name))
        {
            return;
        }

        AddAxis(parameter, axis, UserKernelAxisKind.ElementType, string.Empty, "DataType", static (constant, _) =>
            KernelDeclaration.IsOurs(constant.Type, "DataType") && MemberOf(constant) is { } member && ScalarType.OfDataType(member) is { } element
                ? new(element.Cpp == "float" ? "float32" : element.Cpp, element.CSharp, element.Cpp)
                : null);
    }

    private void ReadParameter(IParameterSymbol parameter)
    {
        if (parameter.RefKind != RefKind.None || parameter.IsParams)
        {
            Refuse(parameter, "pass it by value");
            return;
        }

        var name = KernelSetDeclaration.Escape(parameter.Name);
        var type = (parameter.ScopedKind == ScopedKind.None ? string.Empty : "scoped ") + NameOf(parameter.Type);
        if (AttributeOf(parameter, "KernelAxisAttribute") is not null)
        {
            if (AxisOf(parameter) is { } axis)
            {
                ReadAxis(parameter, axis);
            }

            _parameters.Add(new(name, type, UserKernelParameterRole.Axis));
        }
        else if (KernelDeclaration.IsOurs(parameter.Type, "KernelLaunchOptions"))
        {
            if (_parameters.Any(static p => p.Role == UserKernelParameterRole.Options))
            {
                Refuse(parameter, "there are launch options already");
            }

            _parameters.Add(new(name, type, UserKernelParameterRole.Options));
        }
        else if (parameter.Type is INamedTypeSymbol { Name: "Span" or "ReadOnlySpan", TypeArguments: [var element], ContainingNamespace: { Name: "System", ContainingNamespace.IsGlobalNamespace: true } } span)
        {
            ReadBuffer(parameter, name, type, element, span.Name == "ReadOnlySpan");
        }
        else if (ScalarType.Find(NameOf(parameter.Type)) is { IsNumber: true } scalar)
        {
            if (ClaimName(parameter, CppNaming.Snake(parameter.Name)))
            {
                _parameters.Add(new(name, type, UserKernelParameterRole.Scalar, scalar.Cpp, scalar.Size));
            }
        }
        else if (parameter.Type.TypeKind != TypeKind.Error)
        {
            Refuse(parameter, "'" + parameter.Type.ToDisplayString() + "' is no span of numbers, number, bool or KernelLaunchOptions, and the parameter is no axis");
        }
    }

    private void ReadBuffer(IParameterSymbol parameter, string name, string type, ITypeSymbol element, bool isReadOnly)
    {
        var cppName = CppNaming.Snake(parameter.Name);
        if (!ClaimName(parameter, cppName) || !ClaimName(parameter, cppName + "_length"))
        {
            return;
        }

        var cpp = element is ITypeParameterSymbol ? element.Name : ScalarType.Find(NameOf(element))?.Cpp;
        if (cpp is null)
        {
            if (element.TypeKind != TypeKind.Error)
            {
                Refuse(parameter, "'" + element.ToDisplayString() + "' is no element type of kernels");
            }

            return;
        }

        var length = (Text: string.Empty, CSharp: string.Empty);
        if (AttributeOf(parameter, "KernelLengthAttribute") is { ConstructorArguments: [{ Value: string text }] } attribute)
        {
            if (LengthExpression.Parse(text, _method, out var csharp) is { } problem)
            {
                var location = attribute.ApplicationSyntaxReference?.GetSyntax(_cancellationToken) is AttributeSyntax { ArgumentList.Arguments: [var argument, ..] }
                    ? argument.GetLocation()
                    : parameter.Locations[0];
                _problems.Add(Diagnostic.Create(KernelLengthMustBeExpression.Rule, location, text, parameter.Name, problem));
            }

            length = (text, csharp);
        }

        _parameters.Add(new(name, type, UserKernelParameterRole.Buffer, cpp, 0, isReadOnly, length.CSharp, length.Text));
    }

    private void ReadAxis(IParameterSymbol parameter, (AttributeData, ImmutableArray<TypedConstant>) axis)
    {
        var constantName = CppNaming.Constant(parameter.Name);
        if (parameter.Type.SpecialType != SpecialType.System_String && !ClaimName(parameter, constantName))
        {
            return;
        }

        if (parameter.Type is INamedTypeSymbol { TypeKind: TypeKind.Enum, EnumUnderlyingType: { } underlying } enumeration)
        {
            // Kernels have one enumeration of each name; two axes of one type share it.
            if (_enumerations.TryGetValue(enumeration.Name, out var other)
                ? !SymbolEqualityComparer.Default.Equals(other, enumeration)
                : !ClaimName(parameter, enumeration.Name))
            {
                if (other is not null)
                {
                    Refuse(parameter, "another axis has another enumeration of the same name");
                }

                return;
            }

            _enumerations[enumeration.Name] = enumeration;
            var cpp = ScalarType.Find(NameOf(underlying))!;
            AddAxis(parameter, axis, UserKernelAxisKind.Enumeration, cpp.Cpp, enumeration.Name, (constant, _) =>
                SymbolEqualityComparer.Default.Equals(constant.Type, enumeration) && MemberOf(constant) is { } member && !CppNaming.IsReserved(member)
                    ? new(member, NameOf(enumeration) + "." + KernelSetDeclaration.Escape(member), CppLiteral(cpp, Convert.ToDecimal(constant.Value, CultureInfo.InvariantCulture)))
                    : null);
        }
        else if (parameter.Type.SpecialType == SpecialType.System_Boolean)
        {
            AddAxis(parameter, axis, UserKernelAxisKind.Boolean, "bool", "bool", static (constant, _) =>
                constant.Value is bool value ? new(value ? "true" : "false", value ? "true" : "false", value ? "true" : "false") : null);
        }
        else if (parameter.Type.SpecialType == SpecialType.System_String)
        {
            AddAxis(parameter, axis, UserKernelAxisKind.Text, string.Empty, "string", static (constant, _) =>
                constant.Value is string value ? new(value, Microsoft.CodeAnalysis.CSharp.SymbolDisplay.FormatLiteral(value, quote: true), string.Empty) : null);
        }
        else if (ScalarType.Find(NameOf(parameter.Type)) is { IsInteger: true } integer)
        {
            AddAxis(parameter, axis, UserKernelAxisKind.Integer, integer.Cpp, integer.CSharp, static (constant, integer) =>
                constant.Kind == TypedConstantKind.Primitive && constant.Value is sbyte or byte or short or ushort or int or uint or long or ulong
                && Convert.ToDecimal(constant.Value, CultureInfo.InvariantCulture) is var value && integer!.Holds(value)
                    ? new(value.ToString(CultureInfo.InvariantCulture), value.ToString(CultureInfo.InvariantCulture), CppLiteral(integer, value))
                    : null,
                integer);
        }
        else if (parameter.Type.TypeKind != TypeKind.Error)
        {
            _problems.Add(Diagnostic.Create(
                KernelAxisMustHaveValidValues.Rule, parameter.Locations[0], parameter.Name, "'" + parameter.Type.ToDisplayString() + "' is no integer, bool, string or enumeration"));
        }
    }

    private void AddAxis(
        ISymbol symbol,
        (AttributeData Attribute, ImmutableArray<TypedConstant> Values) axis,
        UserKernelAxisKind kind,
        string cppType,
        string typeName,
        Func<TypedConstant, ScalarType?, UserKernelAxisValue?> read,
        ScalarType? integer = null)
    {
        if (axis.Values.IsEmpty)
        {
            Report(-1, "it declares no values, so that there is no kernel");
            return;
        }

        var values = new List<UserKernelAxisValue>();
        for (var i = 0; i < axis.Values.Length; i++)
        {
            if (axis.Values[i].Kind == TypedConstantKind.Error)
            {
                continue; // the compiler's to report
            }

            if (read(axis.Values[i], integer) is not { } value)
            {
                Report(i, Show(axis.Values[i]) + " is no value of " + typeName + " that a kernel can have");
            }
            else if (values.Contains(value))
            {
                Report(i, value.Text + " is declared more than once");
            }
            else
            {
                values.Add(value);
            }
        }

        if (values.Count > 0)
        {
            _axes.Add(new(symbol.Name, kind, cppType, typeName, new(values)));
        }

        void Report(int index, string why)
        {
            var syntax = axis.Attribute.ApplicationSyntaxReference?.GetSyntax(_cancellationToken) as AttributeSyntax;
            var arguments = syntax?.ArgumentList?.Arguments;
            var location = index >= 0 && arguments?.Count == axis.Values.Length ? arguments.Value[index].GetLocation() : syntax?.GetLocation() ?? symbol.Locations[0];
            _problems.Add(Diagnostic.Create(KernelAxisMustHaveValidValues.Rule, location, symbol.Name, why));
        }
    }

    private void ReadGrid(Location nameLocation)
    {
        var marked = _method.Parameters.Where(static p => AttributeOf(p, "KernelGridAttribute") is not null).ToArray();
        if (marked.Length != 1)
        {
            _problems.Add(Diagnostic.Create(
                KernelMustHaveOneGrid.Rule, nameLocation, _method.Name, marked.Length == 0 ? "it has none" : "it has " + marked.Length));
            return;
        }

        var parameter = marked[0];
        var items = AttributeOf(parameter, "KernelGridAttribute")!.ConstructorArguments is [{ Value: int value }] ? value : 1;
        if (parameter.Type.SpecialType is not (SpecialType.System_Int32 or SpecialType.System_Int64))
        {
            _problems.Add(Diagnostic.Create(KernelMustHaveOneGrid.Rule, parameter.Locations[0], _method.Name, "'" + parameter.Name + "' is neither"));
        }
        else if (items < 1)
        {
            _problems.Add(Diagnostic.Create(KernelMustHaveOneGrid.Rule, parameter.Locations[0], _method.Name, "a block must do one item or more"));
        }
        else
        {
            Grid = new(KernelSetDeclaration.Escape(parameter.Name), items);
        }
    }

    private void Refuse(IParameterSymbol parameter, string why) =>
        _problems.Add(Diagnostic.Create(KernelParameterMustBeSupported.Rule, parameter.Locations[0], parameter.Name, why));

    private bool ClaimName(ISymbol symbol, string cppName)
    {
        var problem = CppNaming.IsReserved(cppName) ? "it would be '" + cppName + "' in the kernel, which is taken by C++ or the primitives"
            : !_names.Add(cppName) ? "it would be '" + cppName + "' in the kernel, like another"
            : null;
        if (problem is not null)
        {
            _problems.Add(Diagnostic.Create(KernelParameterMustBeSupported.Rule, symbol.Locations[0], symbol.Name, problem));
        }

        return problem is null;
    }

    private static string? MemberOf(TypedConstant constant) => constant.Kind == TypedConstantKind.Enum
        ? constant.Type?.GetMembers().OfType<IFieldSymbol>().FirstOrDefault(f => f.HasConstantValue && Equals(f.ConstantValue, constant.Value))?.Name
        : null;

    private static string CppLiteral(ScalarType type, decimal value) => value == long.MinValue ? "-9223372036854775807ll - 1" :
        value.ToString(CultureInfo.InvariantCulture) + (type.Cpp == "u64" ? "ull" : type.Size == 8 || value < int.MinValue + 1 ? "ll" : type.Cpp == "u32" ? "u" : string.Empty);

    private static string Show(TypedConstant constant) => constant.IsNull ? "null" : constant.Value as string ?? Convert.ToString(constant.Kind == TypedConstantKind.Type ? "a type" : constant.Value, CultureInfo.InvariantCulture);
}
