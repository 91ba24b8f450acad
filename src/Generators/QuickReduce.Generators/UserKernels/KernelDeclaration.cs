using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;
using QuickReduce.Generators.UserKernels.Rules;

namespace QuickReduce.Generators.UserKernels;

/// <summary>
/// A method with <c>[Kernel]</c>: what it declares, and what is wrong with it. The generator and the analyzers look
/// through this one type, so that what is generated and what is reported agree.
/// </summary>
internal sealed class KernelDeclaration
{
    /// <summary>The attribute that makes a method a kernel.</summary>
    public const string AttributeName = "QuickReduce.KernelAttribute";

    private readonly IMethodSymbol _method;
    private readonly AttributeData _attribute;
    private readonly List<Diagnostic> _problems = [];

    private KernelDeclaration(IMethodSymbol method, AttributeData attribute, string templateName, CancellationToken cancellationToken)
    {
        _method = method;
        _attribute = attribute;
        TemplateName = templateName;
        CheckForm(cancellationToken);

        var signature = new KernelSignature(method, _problems, NameLocation, cancellationToken);
        if (_problems.Count == 0 && TakenProperty is null && signature.Grid is { } grid)
        {
            Model = new(
                KernelSetDeclaration.NamespaceOf(method.ContainingType.ContainingNamespace),
                new(Types.Select(KernelSetDeclaration.DeclarationOf)),
                KernelSetDeclaration.Escape(method.Name),
                AccessibilityOf(cancellationToken),
                IsDocumented(cancellationToken),
                templateName,
                new(signature.Axes),
                new(method.TypeParameters.Select(ConstraintOf).OfType<string>()),
                new(signature.Parameters),
                grid);
        }
    }

    /// <summary>The template, as the attribute names it, with <c>/</c>.</summary>
    public string TemplateName { get; }

    /// <summary>What is wrong, at its place.</summary>
    public IReadOnlyList<Diagnostic> Problems => _problems;

    /// <summary>The model to generate from; <see langword="null"/> if anything is wrong.</summary>
    public UserKernelModel? Model { get; }

    /// <summary>Namespace, types and method, joined by dots; the same as <see cref="UserKernelModel.QualifiedName"/>.</summary>
    public string QualifiedName => string.Join(".", new[] { KernelSetDeclaration.NamespaceOf(_method.ContainingType.ContainingNamespace) }
        .Where(static n => n.Length > 0).Concat(Types.Select(static t => t.Name)).Append(_method.Name)).Replace("@", string.Empty);

    /// <summary>Where the method's name is.</summary>
    public Location NameLocation => _method.Locations[0];

    /// <summary>Where the attribute stands, and what it allows the kernels; <see langword="null"/> if anything is wrong.</summary>
    public UserKernelPlaces? ToPlaces(CancellationToken cancellationToken) => Model is { } model
        ? new(
            model,
            DeclarationFiles.PlaceOf(_attribute.ApplicationSyntaxReference?.GetSyntax(cancellationToken).GetLocation() ?? NameLocation),
            DeclaredBudget.Of(_attribute))
        : null;

    /// <summary>Where the attribute names the template.</summary>
    public Location TemplateLocation =>
        _attribute.ApplicationSyntaxReference?.GetSyntax() is AttributeSyntax { ArgumentList.Arguments: [var argument, ..] }
            ? argument.GetLocation()
            : NameLocation;

    /// <summary>A member that has the name of the generated property; <see langword="null"/> if there is none.</summary>
    public string? TakenProperty
    {
        get
        {
            var name = _method.Name + "Kernels";
            if (_method.ContainingType.Name == name)
            {
                return name;
            }

            for (var type = _method.ContainingType; type is not null; type = type.BaseType)
            {
                if (type.GetMembers(name).Any(m => !KernelSetDeclaration.IsGenerated(m) && (m.DeclaredAccessibility != Accessibility.Private || type.Equals(_method.ContainingType, SymbolEqualityComparer.Default))))
                {
                    return name;
                }
            }

            return null;
        }
    }

    private IEnumerable<INamedTypeSymbol> Types
    {
        get
        {
            var types = new Stack<INamedTypeSymbol>();
            for (var type = _method.ContainingType; type is not null; type = type.ContainingType)
            {
                types.Push(type);
            }

            return types;
        }
    }

    /// <summary>Reads a method; <see langword="null"/> if it is no kernel, or its attribute does not bind.</summary>
    public static KernelDeclaration? TryRead(IMethodSymbol method, CancellationToken cancellationToken)
    {
        // Outside of any type, as while one is being written, the compiler makes one up that has no valid name.
        if (method.PartialDefinitionPart is not null || method.Name.Length == 0 || !SyntaxFacts.IsValidIdentifier(method.ContainingType?.Name))
        {
            return null;
        }

        var attribute = method.GetAttributes().FirstOrDefault(static a => IsOurs(a.AttributeClass, "KernelAttribute"));
        return attribute?.ConstructorArguments is [{ Kind: TypedConstantKind.Primitive, Value: string name }]
            ? new(method, attribute, name.Replace('\\', '/'), cancellationToken)
            : null;
    }

    /// <summary>Whether a type is one of QuickReduce's.</summary>
    internal static bool IsOurs(ITypeSymbol? type, string name) => type is
    {
        ContainingType: null,
        ContainingNamespace: { Name: "QuickReduce", ContainingNamespace.IsGlobalNamespace: true },
    } && type.Name == name;

    private void CheckForm(CancellationToken cancellationToken)
    {
        void Refuse(string why) => _problems.Add(Diagnostic.Create(KernelMethodMustBeStaticPartial.Rule, NameLocation, _method.Name, why));

        if (!_method.IsPartialDefinition)
        {
            Refuse("it is not a partial method without a body; declare it 'static partial void " + _method.Name + "(…);'");
        }
        else if (_method.PartialImplementationPart is { } other && !IsGenerated(other, cancellationToken))
        {
            Refuse("its other half is written by hand; remove that, since it is generated");
        }

        if (!_method.IsStatic)
        {
            Refuse("it is not static");
        }

        if (!_method.ReturnsVoid || _method.IsAsync)
        {
            Refuse("it returns something; results go into buffers");
        }

        foreach (var type in Types)
        {
            if (type.IsGenericType && type.Arity > 0)
            {
                Refuse("'" + type.Name + "' is generic");
            }
            else if (type.IsFileLocal)
            {
                Refuse("'" + type.Name + "' is local to its file");
            }
            else if (KernelSetDeclaration.KeywordOf(type) is null or "interface")
            {
                Refuse("'" + type.Name + "' is neither a class nor a struct");
            }
            else if (!KernelSetDeclaration.IsPartial(type, cancellationToken))
            {
                Refuse("'" + type.Name + "' is not partial");
            }
        }

        var count = 1L;
        foreach (var symbol in _method.TypeParameters.Concat<ISymbol>(_method.Parameters))
        {
            count = Math.Min(count * Math.Max(1, KernelSignature.AxisOf(symbol)?.Values.Length ?? 1), int.MaxValue);
        }

        if (count > UserKernelModel.MaxKernels)
        {
            _problems.Add(Diagnostic.Create(KernelsMustNotBeTooMany.Rule, NameLocation, _method.Name, count, UserKernelModel.MaxKernels));
        }
    }

    /// <summary>Analyzers, unlike the generator, see the half that was generated. Attributes of both are on both symbols.</summary>
    private static bool IsGenerated(IMethodSymbol half, CancellationToken cancellationToken) => half.DeclaringSyntaxReferences.All(r =>
        r.GetSyntax(cancellationToken) is MethodDeclarationSyntax { AttributeLists: var lists } && lists.ToString().Contains(BindingsRenderer.ToolName));

    private string AccessibilityOf(CancellationToken cancellationToken) =>
        _method.DeclaringSyntaxReferences[0].GetSyntax(cancellationToken) is MethodDeclarationSyntax declaration
            ? string.Join(" ", declaration.Modifiers
                .Where(static m => m.Kind() is SyntaxKind.PublicKeyword or SyntaxKind.InternalKeyword or SyntaxKind.ProtectedKeyword or SyntaxKind.PrivateKeyword)
                .Select(static m => m.Text))
            : string.Empty;

    private bool IsDocumented(CancellationToken cancellationToken) =>
        _method.DeclaringSyntaxReferences[0].GetSyntax(cancellationToken).GetLeadingTrivia().ToFullString() is var trivia
        && (trivia.Contains("///") || trivia.Contains("/**"));

    private static string? ConstraintOf(ITypeParameterSymbol parameter)
    {
        var constraints = new List<string>();
        if (parameter.HasUnmanagedTypeConstraint)
        {
            constraints.Add("unmanaged");
        }
        else if (parameter.HasValueTypeConstraint)
        {
            constraints.Add("struct");
        }
        else if (parameter.HasNotNullConstraint)
        {
            constraints.Add("notnull");
        }

        constraints.AddRange(parameter.ConstraintTypes.Select(KernelSignature.NameOf));
        return constraints.Count > 0 ? "where " + KernelSetDeclaration.Escape(parameter.Name) + " : " + string.Join(", ", constraints) : null;
    }
}
