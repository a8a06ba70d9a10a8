namespace Channels.Generators;

/// <summary>One consumer class with [Handles] methods: all that its generated part depends on, and nothing else.</summary>
/// <param name="HintName">The generated file's name.</param>
/// <param name="Namespace">The namespace; empty for the global one.</param>
/// <param name="Declarations">The class and the types around it, outermost first, as <c>class Name&lt;T&gt;</c>.</param>
/// <param name="Handlers">The handlers in the order of the generated cases.</param>
/// <param name="Problems">What is wrong with the class; an error keeps the part from being generated.</param>
internal sealed record ConsumerModel(
    string HintName, string Namespace, EquatableArray<string> Declarations, EquatableArray<HandlerModel> Handlers, EquatableArray<Problem> Problems)
{
    public bool IsSound => Problems.All(problem => !problem.IsError);

    public static ConsumerModel Of(Problem problem) => new("", "", default, default, new([problem]));
}
