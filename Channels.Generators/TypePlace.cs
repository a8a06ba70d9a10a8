using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Channels.Generators;

/// <summary>Where a type stands that is completed by a generated part.</summary>
/// <param name="FileName">What the generated file's name begins with: the full name, legal in a file name.</param>
/// <param name="Namespace">The namespace; empty for the global one.</param>
/// <param name="Declarations">The type and those around it, outermost first, as <c>class Name&lt;T&gt;</c>.</param>
internal sealed record TypePlace(string FileName, string Namespace, EquatableArray<string> Declarations)
{
    public static TypePlace Of(INamedTypeSymbol type) => new(NameFile(type), NamespaceOf(type), new(Declare(type)));

    public static bool IsPartial(INamedTypeSymbol type) => type.DeclaringSyntaxReferences
        .All(r => r.GetSyntax() is not TypeDeclarationSyntax declaration || declaration.Modifiers.Any(SyntaxKind.PartialKeyword));

    private static string NamespaceOf(INamedTypeSymbol type) => type.ContainingNamespace.IsGlobalNamespace
        ? ""
        : type.ContainingNamespace.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat.WithGlobalNamespaceStyle(SymbolDisplayGlobalNamespaceStyle.Omitted));

    private static string[] Declare(INamedTypeSymbol type)
    {
        var declarations = new Stack<string>();
        for (var current = type; current is not null; current = current.ContainingType)
        {
            var keyword = current switch
            {
                { IsRecord: true, IsValueType: true } => "record struct",
                { IsRecord: true } => "record",
                { IsValueType: true } => "struct",
                { TypeKind: TypeKind.Interface } => "interface",
                _ => "class",
            };
            declarations.Push($"{keyword} {current.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat.WithGenericsOptions(SymbolDisplayGenericsOptions.IncludeTypeParameters).WithMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers))}");
        }

        return [.. declarations];
    }

    private static string NameFile(INamedTypeSymbol type)
    {
        var names = new Stack<string>();
        for (var current = type; current is not null; current = current.ContainingType)
        {
            names.Push(current.Arity == 0 ? current.Name : $"{current.Name}_{current.Arity}");
        }

        if (!type.ContainingNamespace.IsGlobalNamespace)
        {
            names.Push(type.ContainingNamespace.ToDisplayString().Replace("@", "")); // not legal in a file name there
        }

        return string.Join(".", names);
    }
}
