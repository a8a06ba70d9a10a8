using System.Reflection;
using System.Text.RegularExpressions;
using Channels.Tests.Support;
using NUnit.Framework.Interfaces;

namespace Channels.Tests.Architecture;

/// <summary>
/// Every statement of the references is proven by a test that carries its id in <see cref="ProvesAttribute"/>, or is a row of
/// docs/differences.md that says what we do instead.
/// </summary>
public sealed partial class StatementCoverageTests
{
    // Families of the references that no list holds: only their form can be checked.
    private static readonly string[] Unlisted = ["E", "F", "REL", "S-SIO", "SEC", "SR"];

    // What the class of assertions offers besides assertions.
    private static readonly string[] AssertingNothing =
    [
        nameof(Assert.Multiple), nameof(Assert.MultipleAsync), nameof(Assert.EnterMultipleScope), nameof(Assert.Ignore), nameof(Assert.Inconclusive), nameof(Assert.Pass), nameof(Assert.Warn),
    ];

    private readonly SortedDictionary<string, string> _statements = Statements.Listed();

    [Test]
    public void Every_statement_is_proven_or_a_listed_difference()
    {
        var covered = Proven().Concat(Differing()).ToHashSet(StringComparer.Ordinal);

        Assert.That(_statements.Where(statement => !covered.Contains(statement.Key)).Select(statement => $"{statement.Key}: {statement.Value}"), Is.Empty);
    }

    [Test]
    public void Ids_of_tests_and_differences_exist() =>
        Assert.That(Proven().Concat(Differing()).Distinct().Where(id => Unlisted.Contains(Statements.FamilyOf(id)) ? !NumberedId().IsMatch(id) : !_statements.ContainsKey(id)), Is.Empty);

    [Test]
    public void What_proves_is_a_test_and_asserts_something() => Assert.Multiple(() =>
    {
        Assert.That(Statements.Proven().Where(proof => !IsTest(proof.Test)).Select(NameOf), Is.Empty, "no tests");
        Assert.That(Statements.Proven().Where(proof => !Asserts(proof.Test)).Select(NameOf), Is.Empty, "asserting nothing");
    });

    [Test]
    public void Names_of_tests_hold_no_ids() =>
        Assert.That(typeof(Statements).Assembly.GetTypes().SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Where(IsTest).SelectMany(method => method.GetCustomAttributes<TestCaseAttribute>().Select(test => test.TestName).OfType<string>().Append(method.Name))
            .Where(name => IdInName().IsMatch(name)), Is.Empty);

    [Test]
    public void Code_that_asserts_through_helpers_and_later_is_known_from_code_that_does_not() => Assert.Multiple(() =>
    {
        Assert.That(Asserts(((Func<Task>)AssertingAsync).Method), Is.True);
        Assert.That(Asserts(((Func<Task>)SilentAsync).Method), Is.False);
        Assert.That(Asserts(((Action)Skipping).Method), Is.False, "a frame around nothing, and giving up");
    });

    private static bool IsTest(MethodInfo method) => method.GetCustomAttributes().Any(attribute => attribute is ITestBuilder or ISimpleTestBuilder);

    private static string NameOf((MethodInfo Test, string[] Ids) proof) => $"{proof.Test.DeclaringType!.Name}.{proof.Test.Name}"; // a method of a class has a declaring type

    // Calls an assertion: itself, in a lambda, or in a method of this assembly that it calls, however deep.
    private static bool Asserts(MethodBase method) => Asserts(method, []);

    private static bool Asserts(MethodBase method, HashSet<MethodBase> seen)
    {
        if (!seen.Add(method))
        {
            return false;
        }

        foreach (var called in CodeReferences.Of(method).OfType<MethodBase>())
        {
            if (called.DeclaringType is not { } owner)
            {
                continue;
            }

            if (IsAssertion(called, owner) || (owner.Assembly == typeof(StatementCoverageTests).Assembly && Asserts(Definition(called), seen)))
            {
                return true;
            }
        }

        return false;
    }

    // The assertions of the framework (not its frames, or its ways to give up), a property that must hold, and what the shipped communicators expect of the application.
    private static bool IsAssertion(MethodBase method, Type owner) => owner.Assembly.GetName().Name switch
    {
        "nunit.framework" => owner.Name.EndsWith("Assert", StringComparison.Ordinal) && !AssertingNothing.Contains(method.Name),
        "FsCheck" => method.Name.EndsWith("ThrowOnFailure", StringComparison.Ordinal),
        "Channels.Testing" => method.Name.StartsWith("Receive", StringComparison.Ordinal),
        _ => false,
    };

    private static MethodBase Definition(MethodBase method) => method is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericMethodDefinition() : method;

    private static async Task AssertingAsync()
    {
        await Task.Yield();
        Action later = () => Assert.That(true);
        later();
    }

    private static async Task SilentAsync()
    {
        await Task.Yield();
        Action later = () => GC.KeepAlive(null);
        later();
    }

    private static void Skipping()
    {
        Assert.Multiple(() => GC.KeepAlive(null));
        Assert.Ignore();
    }

    private IEnumerable<string> Proven() => Statements.Proven().SelectMany(proof => proof.Ids).Concat(Statements.ProvenBeside());

    private IEnumerable<string> Differing() => File.ReadLines(Repository.PathOf("docs", "differences.md"))
        .SelectMany(line => Statements.InTableRow(line, _statements.Keys));

    [GeneratedRegex(@"^(S-)?[A-Z]+-\d{1,3}$")]
    private static partial Regex NumberedId();

    [GeneratedRegex(@"(^|_)((C|R)_[A-Z]+|S_[ES]IO|W|E|F[ACGN]?|SEC|REL)_[0-9][0-9A-F]{1,2}(_|$)")]
    private static partial Regex IdInName();
}
