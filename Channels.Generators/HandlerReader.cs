using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Channels.Generators;

/// <summary>From a marked method to its model, or to what is wrong with it.</summary>
internal static class HandlerReader
{
    private static readonly SymbolDisplayFormat FullName = SymbolDisplayFormat.FullyQualifiedFormat
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>The type written in the attribute; null when it follows from the method's name.</summary>
    public static string? GivenType(AttributeData attribute) =>
        attribute.ConstructorArguments.Length == 1 ? attribute.ConstructorArguments[0].Value as string : null;

    /// <summary>The message types that a method handles; several when it takes the base of several records.</summary>
    public static IReadOnlyList<HandlerModel> Read(IMethodSymbol method, AttributeData attribute, List<Problem> problems)
    {
        var before = problems.Count;
        CheckForm(method, problems);
        var answering = attribute.AttributeClass?.ToDisplayString() == ConsumerReader.Answers;
        var (returns, answers) = answering ? ReadAnswer(method, problems) : (ReadReturn(method, problems), AnswerKind.No);
        var takesToken = method.Parameters.Length > 0 && KnownTypes.IsCancellationToken(method.Parameters[method.Parameters.Length - 1].Type);
        CheckParameters(method, takesToken, problems);
        if (problems.Count > before)
        {
            return [];
        }

        var parameter = method.Parameters.Length > (takesToken ? 1 : 0) ? method.Parameters[0].Type.WithNullableAnnotation(NullableAnnotation.NotAnnotated) : null;
        var payload = ReadPayload(method, parameter, problems);
        var text = GivenType(attribute);
        if (payload == PayloadKind.Event && answering)
        {
            problems.Add(Problem.At(method, Problems.WrongPayload, method.Name, parameter!.Name, "; only layer messages are requests"));
        }
        else if (payload == PayloadKind.Event && text is not null)
        {
            problems.Add(Problem.At(method, Problems.WrongParameters, method.Name, $"'{parameter!.Name}' is an event of your own, which is picked by its class; write [Handles] without a type"));
        }

        if (payload == PayloadKind.Family && text is not null)
        {
            problems.Add(Problem.At(method, Problems.WrongParameters, method.Name, $"'{parameter!.Name}' is the base of several messages, which are picked by their own types; write [Handles] without a type"));
        }

        var type = payload is PayloadKind.Event or PayloadKind.Family ? "" : ReadType(method, text, problems);
        if (problems.Count > before)
        {
            return [];
        }

        if (payload == PayloadKind.Family)
        {
            return [.. KnownTypes.MessagesOf(parameter!).Select(record => new HandlerModel(
                OwnMessageType(record) ?? "", Escaped(method.Name), PayloadKind.Typed, record.ToDisplayString(FullName), 0, returns, takesToken, TakesFamily: true, answers))];
        }

        if (payload == PayloadKind.Typed && text is null && OwnMessageType(parameter!) is { } own && own != type)
        {
            problems.Add(Problem.At(method, Problems.OtherMessageType, method.Name, type, parameter!.Name, own));
        }

        var payloadType = payload is PayloadKind.Typed or PayloadKind.Event ? parameter!.ToDisplayString(FullName) : "";
        return [new(type, Escaped(method.Name), payload, payloadType, payload == PayloadKind.Event ? KnownTypes.Depth(parameter!) : 0, returns, takesToken, Answers: answers)];
    }

    private static void CheckForm(IMethodSymbol method, List<Problem> problems)
    {
        var what = method.IsStatic ? "static" : method.IsGenericMethod ? "generic" : null;
        if (what is not null)
        {
            problems.Add(Problem.At(method, Problems.NotOrdinary, method.Name, what));
        }
    }

    private static ReturnKind ReadReturn(IMethodSymbol method, List<Problem> problems)
    {
        if (method.ReturnsVoid && !(method.PartialImplementationPart ?? method).IsAsync)
        {
            return ReturnKind.Void;
        }

        if (KnownTypes.IsValueTask(method.ReturnType))
        {
            return ReturnKind.ValueTask;
        }

        if (!KnownTypes.IsTask(method.ReturnType))
        {
            var hint = method.ReturnsVoid ? ", and an async one Task or ValueTask, so that its end and its failure are seen" : "";
            problems.Add(Problem.At(method, Problems.WrongReturn, method.Name, method.ReturnsVoid ? "async void" : method.ReturnType.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat), hint));
        }

        return ReturnKind.Task;
    }

    private static (ReturnKind Returns, AnswerKind Answers) ReadAnswer(IMethodSymbol method, List<Problem> problems)
    {
        var type = method.ReturnType;
        if (method.ReturnsVoid || KnownTypes.IsTask(type) || KnownTypes.IsValueTask(type))
        {
            return (ReadReturn(method, problems), AnswerKind.Empty);
        }

        var result = KnownTypes.TaskResult(type);
        var answers = (result ?? type) switch
        {
            var answer when KnownTypes.IsChannelMessage(answer) => AnswerKind.Message,
            var answer when KnownTypes.IsMessageMap(answer) => AnswerKind.Map,
            var answer when KnownTypes.IsTypedMessage(answer) => AnswerKind.Typed,
            _ => AnswerKind.No,
        };
        if (answers == AnswerKind.No)
        {
            problems.Add(Problem.At(method, Problems.WrongAnswer, method.Name, type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)));
        }

        return (result is null ? ReturnKind.Value : ReturnKind.Task, answers);
    }

    private static void CheckParameters(IMethodSymbol method, bool takesToken, List<Problem> problems)
    {
        var problem = method.Parameters.FirstOrDefault(p => p.RefKind != RefKind.None) is { } reference
            ? $"'{reference.Name}' is passed by reference"
            : method.Parameters.Length > (takesToken ? 2 : 1)
                ? $"it takes {method.Parameters.Length} parameters"
                : null;
        if (problem is not null)
        {
            problems.Add(Problem.At(method, Problems.WrongParameters, method.Name, problem));
        }
    }

    private static PayloadKind ReadPayload(IMethodSymbol method, ITypeSymbol? parameter, List<Problem> problems)
    {
        switch (parameter)
        {
            case null:
                return PayloadKind.None;
            case var type when KnownTypes.IsChannelMessage(type):
                return PayloadKind.Message;
            case var type when KnownTypes.IsMessageMap(type):
                return PayloadKind.Map;
            case var type when KnownTypes.IsOwnEvent(type):
                return PayloadKind.Event;
            case var type when KnownTypes.IsTypedMessage(type):
                return PayloadKind.Typed;
            case var type when KnownTypes.MessagesOf(type).Any():
                return PayloadKind.Family;
        }

        var hint = KnownTypes.IsEvent(parameter) ? "; events of a protocol go to the On… methods of the base class" : "";
        problems.Add(Problem.At(method, Problems.WrongPayload, method.Name, parameter.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat), hint));
        return PayloadKind.None;
    }

    private static string ReadType(IMethodSymbol method, string? text, List<Problem> problems)
    {
        var type = text ?? MessageTypeRule.FromMethodName(method.Name);
        if (!MessageTypeRule.IsValid(type))
        {
            problems.Add(Problem.At(method, Problems.InvalidType, method.Name, type));
        }
        else if (MessageTypeRule.IsReserved(type))
        {
            problems.Add(Problem.At(method, Problems.Reserved, method.Name, type));
        }

        return type;
    }

    /// <summary>The record's own message type where its attribute or its source shows it; null when it cannot be known here.</summary>
    private static string? OwnMessageType(ITypeSymbol record)
    {
        if (KnownTypes.MessageAttribute(record) is { } attribute)
        {
            return attribute.ConstructorArguments.Length > 0 ? attribute.ConstructorArguments[0].Value as string : null;
        }

        var syntax = record.GetMembers("MessageType").OfType<IPropertySymbol>().FirstOrDefault()?.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax();
        return syntax is PropertyDeclarationSyntax { ExpressionBody.Expression: LiteralExpressionSyntax literal } ? literal.Token.ValueText : null;
    }

    private static string Escaped(string name) => SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None ? "@" + name : name;
}
