using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Channels.Generators;

/// <summary>From the symbol of a record with [Message] to its model.</summary>
internal static class MessageReader
{
    private static readonly string[] Written = ["MessageType", "MessageTypeInfo"];

    public static MessageModel? Read(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        // Arguments that do not compile are the compiler's to report.
        if (context.TargetSymbol is not INamedTypeSymbol record
            || context.Attributes[0].ConstructorArguments is not { Length: 2 } arguments || arguments[1].Value is not INamedTypeSymbol json)
        {
            return null;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var problems = new List<Problem>();
        var messageType = arguments[0].Value as string ?? "";
        CheckForm(record, problems);
        CheckType(record, messageType, problems);
        CheckProperties(record, problems);
        var contract = FindContract(record, json, problems);
        var hidesBase = record.BaseType is { } parent && KnownTypes.Bases(parent).Any(KnownTypes.IsTypedMessage);
        return new(TypePlace.Of(record), Name(record), messageType, contract, hidesBase, new([.. problems]));
    }

    private static void CheckForm(INamedTypeSymbol record, List<Problem> problems)
    {
        for (var type = record; type is not null; type = type.ContainingType)
        {
            if (type.IsGenericType || type.IsFileLocal)
            {
                problems.Add(Problem.At(record, Problems.UnfitMessage, record.Name, $"'{type.Name}' is {(type.IsGenericType ? "generic" : "local to its file")}"));
            }
            else if (!TypePlace.IsPartial(type))
            {
                problems.Add(Problem.At(type, Problems.MessageNotPartial, type.Name, record.Name, type.IsRecord ? "record" : "class"));
            }
        }

        if (Written.FirstOrDefault(name => !record.GetMembers(name).IsEmpty) is { } own)
        {
            problems.Add(Problem.At(record, Problems.OwnMembers, record.Name, own));
        }
        else if (KnownTypes.ImplementsTypedMessage(record))
        {
            problems.Add(Problem.At(record, Problems.OwnMembers, record.Name, "ITypedMessage"));
        }
    }

    private static void CheckType(INamedTypeSymbol record, string type, List<Problem> problems)
    {
        if (!MessageTypeRule.IsValid(type))
        {
            problems.Add(Problem.At(record, Problems.InvalidMessageType, record.Name, type));
        }
        else if (MessageTypeRule.IsReserved(type))
        {
            problems.Add(Problem.At(record, Problems.ReservedMessageType, record.Name, type));
        }
    }

    // The naming policy is not known here, so both spellings are refused.
    private static void CheckProperties(INamedTypeSymbol record, List<Problem> problems)
    {
        var property = KnownTypes.Bases(record).SelectMany(t => t.GetMembers().OfType<IPropertySymbol>())
            .FirstOrDefault(p => p is { IsStatic: false, DeclaredAccessibility: Accessibility.Public } && string.Equals(KnownTypes.JsonName(p), "type", StringComparison.OrdinalIgnoreCase));
        if (property is not null)
        {
            problems.Add(Problem.At(record, Problems.TypeProperty, record.Name, property.Name));
        }
    }

    // The generator of System.Text.Json writes the property beside us, unseen: its name is the attribute's
    // TypeInfoPropertyName, or that of the type without the types around it. Types that a base names as derived get one too.
    private static string FindContract(INamedTypeSymbol record, INamedTypeSymbol json, List<Problem> problems)
    {
        if (!KnownTypes.IsJsonContext(json))
        {
            problems.Add(Problem.At(record, Problems.NoContext, record.Name, json.Name));
            return "";
        }

        var attribute = json.GetAttributes().FirstOrDefault(a => KnownTypes.IsJsonSerializable(a, record));
        if (attribute is null && !json.GetAttributes().Any(a => KnownTypes.IsJsonSerializableBase(a, record)))
        {
            problems.Add(Problem.At(record, Problems.NoContract, json.Name, record.Name));
            return "";
        }

        var given = attribute?.NamedArguments.FirstOrDefault(a => a.Key == "TypeInfoPropertyName").Value.Value as string;
        var property = given ?? record.Name;
        return $"{Name(json)}.Default.{(SyntaxFacts.GetKeywordKind(property) == SyntaxKind.None ? property : "@" + property)}";
    }

    private static string Name(INamedTypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
}
